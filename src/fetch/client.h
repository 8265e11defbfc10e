/* SPDX-License-Identifier: MIT */
/* What a thread fetches, all in one multi handle of libcurl: its sockets are
 * watched and its timer is posted in the host of the thread, and it goes with
 * the host.
 *
 * libcurl is called from the loop and by whoever begins, resumes or removes a
 * job; what it calls back stores and wakes, and never calls it again. */
#ifndef FLOW_FETCH_CLIENT_H
#define FLOW_FETCH_CLIENT_H

#include <flow/flow.h>

#include <curl/curl.h>

struct flow__client;

/* One transfer, whose handle has the job as its CURLOPT_PRIVATE. The functions
 * are called from the loop, outside of libcurl. */
struct flow__job {
    CURL *easy;
    struct flow__client *client;            /* NULL: it is in none          */
    flow_host *host;                        /* of the client                */
    struct flow__job *next, *prev;          /* of the client's              */
    struct flow__job *noted_next;
    bool is_noted;
    /* libcurl has done with it. */
    void (*over)(struct flow__job *j, CURLcode code);
    /* It had itself noted. */
    void (*attend)(struct flow__job *j);
    /* It cannot go on; takes why. */
    void (*lost)(struct flow__job *j, flow_value why);
};

/* Begins it. NONE, or why it cannot be. */
flow_value flow__client_add(struct flow__job *j);

/* At any moment, but not from inside libcurl; also when it is in none. */
void flow__client_remove(struct flow__job *j);

/* Has `attend` called when libcurl has returned. */
void flow__client_note(struct flow__job *j);

#endif
