/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include "client.h"

#include "reactor/guest.h"
#include "reactor/poll.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

/* Bounds of a thread, said in fetch.h. */
enum { CONNECTIONS = 64, CONNECTIONS_TO_ONE = 6 };

static_assert((int)FLOW__READABLE == CURL_POLL_IN
              && (int)FLOW__READABLE == CURL_CSELECT_IN
              && (int)FLOW__WRITABLE == CURL_POLL_OUT
              && (int)FLOW__WRITABLE == CURL_CSELECT_OUT,
              "events are handed on as they are");

struct watched {
    flow_waker waker;                       /* first                        */
    struct flow__client *client;
    struct flow__poll *poll;
    int events;                             /* that libcurl waits for       */
    struct watched *next, *prev;
};

struct flow__client {
    struct flow__guest guest;               /* first                        */
    CURLM *multi;
    flow_host *host;
    flow_task timer;
    struct watched *watched;
    struct flow__job *jobs, *noted;
};

static _Thread_local struct flow__client *here;

/* ---- Letting libcurl work ----------------------------------------------- */
static void end_jobs(struct flow__client *c)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
        CURLcode code = m->data.result;
        struct flow__job *j = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&j);
        j->over(j, code);
    }
}

static void attend_to_noted(struct flow__client *c)
{
    while (c->noted != NULL) {
        struct flow__job *j = c->noted;

        c->noted = j->noted_next;
        j->is_noted = false;
        j->attend(j);
    }
}

static flow_value no_memory(void)
{
    return flow_error(FLOW_ENOMEM, 0, "no memory to fetch");
}

/* Without memory libcurl may no longer wait for a socket, and does not say of
 * which job: none of them would be sure to end. */
static void give_up_jobs(struct flow__client *c)
{
    for (struct flow__job *j = c->jobs; j != NULL; j = j->next)
        j->lost(j, no_memory());
}

static void work(struct flow__client *c, curl_socket_t fd, int events)
{
    int running;
    CURLMcode wrong = curl_multi_socket_action(c->multi, fd, events, &running);

    end_jobs(c);
    if (wrong != CURLM_OK)
        give_up_jobs(c);
    attend_to_noted(c);
}

static void time_is_over(flow_task *t)
{
    (void)t;
    work(here, CURL_SOCKET_TIMEOUT, 0);
}

static int timer_changed(CURLM *multi, long ms, void *client)
{
    struct flow__client *c = client;

    (void)multi;
    if (ms < 0)
        c->host->cancel(c->host, &c->timer);
    else
        c->host->post(c->host, &c->timer, (double)ms * 1e-3);
    return 0;
}

void flow__client_note(struct flow__job *j)
{
    struct flow__client *c = j->client;

    if (c == NULL || j->is_noted)
        return;
    j->is_noted = true;
    j->noted_next = c->noted;
    c->noted = j;
    c->host->post(c->host, &c->timer, 0);
}

/* ---- Sockets ------------------------------------------------------------ */
/* It is waited for again before libcurl works, which may have it removed. */
static void socket_is_ready(flow_waker *w)
{
    struct watched *s = (struct watched *)w;
    int fd = flow__poll_fd(s->poll), events = flow__poll_happened(s->poll);

    flow__poll_wait(s->poll, s->events, w);
    work(s->client, fd, events);
}

/* NULL: *why says why not. */
static struct watched *watch(struct flow__client *c, curl_socket_t fd,
                             flow_value *why)
{
    struct watched *s = flow_alloc(sizeof *s);

    if (s == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to watch a connection");
        return NULL;
    }
    s->poll = flow__poll_new(fd, why);
    if (s->poll == NULL) {
        flow_free(s, sizeof *s);
        return NULL;
    }
    s->waker = (flow_waker){ socket_is_ready, c->host };
    s->client = c;
    s->prev = NULL;
    s->next = c->watched;
    if (s->next != NULL)
        s->next->prev = s;
    c->watched = s;
    return s;
}

static void unwatch(struct watched *s)
{
    flow__poll_close(s->poll);
    if (s->next != NULL)
        s->next->prev = s->prev;
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        s->client->watched = s->next;
    flow_free(s, sizeof *s);
}

/* A handle of libcurl's own has no job. */
static int cannot_watch(CURL *easy, flow_value why)
{
    struct flow__job *j = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&j);
    if (j != NULL)
        j->lost(j, why);
    else
        flow_drop(why);
    return 0;
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *client,
                          void *socket)
{
    struct flow__client *c = client;
    struct watched *s = socket;
    flow_value why;

    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            unwatch(s);
        return 0;
    }
    if (s == NULL) {
        s = watch(c, fd, &why);
        if (s == NULL)
            return cannot_watch(easy, why);
        curl_multi_assign(c->multi, fd, s);
    }
    s->events = what;
    if (what == CURL_POLL_NONE)
        flow__poll_forget(s->poll);
    else
        flow__poll_wait(s->poll, what, &s->waker);
    return 0;
}

/* ---- Beginning and closing ---------------------------------------------- */
static void close_client(struct flow__guest *g)
{
    struct flow__client *c = (struct flow__client *)g;

    while (c->jobs != NULL) {
        struct flow__job *j = c->jobs;

        flow__client_remove(j);
        j->lost(j, flow_error(FLOW_ECANCELLED, 0, "the host of libuv was "
                              "closed before the answer was read"));
    }
    curl_multi_cleanup(c->multi);
    while (c->watched != NULL)
        unwatch(c->watched);
    c->host->cancel(c->host, &c->timer);
    here = NULL;
    flow_free(c, sizeof *c);
}

static bool set_up(struct flow__client *c)
{
    c->multi = curl_multi_init();
    return c->multi != NULL
        && curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION,
                             socket_changed) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION,
                             timer_changed) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_PIPELINING,
                             (long)CURLPIPE_NOTHING) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                             (long)CONNECTIONS) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                             (long)CONNECTIONS_TO_ONE) == CURLM_OK
        && curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
                             (long)CONNECTIONS) == CURLM_OK;
}

/* This thread's; NULL: *why says why there is none. */
static struct flow__client *client_here(flow_value *why)
{
    struct flow__client *c = here;

    if (c != NULL && c->host == flow_host_here())
        return c;
    c = flow_alloc(sizeof *c);
    if (c == NULL) {
        *why = no_memory();
        return NULL;
    }
    memset(c, 0, sizeof *c);
    c->guest.close = close_client;
    c->host = flow_host_here();
    c->timer.call = time_is_over;
    *why = set_up(c) ? flow__guest_enter(&c->guest) : no_memory();
    if (!flow_is_failure(*why))
        return here = c;
    curl_multi_cleanup(c->multi);
    flow_free(c, sizeof *c);
    return NULL;
}

flow_value flow__client_add(struct flow__job *j)
{
    flow_value why = flow_none();
    struct flow__client *c = client_here(&why);

    if (c == NULL)
        return why;
    if (curl_easy_setopt(j->easy, CURLOPT_PRIVATE, j) != CURLE_OK
        || curl_multi_add_handle(c->multi, j->easy) != CURLM_OK)
        return no_memory();
    j->client = c;
    j->host = c->host;
    j->prev = NULL;
    j->next = c->jobs;
    if (j->next != NULL)
        j->next->prev = j;
    c->jobs = j;
    return why;
}

static void forget_note(struct flow__job *j)
{
    struct flow__job **at = &j->client->noted;

    while (*at != j)
        at = &(*at)->noted_next;
    *at = j->noted_next;
    j->is_noted = false;
}

void flow__client_remove(struct flow__job *j)
{
    struct flow__client *c = j->client;

    if (c == NULL)
        return;
    if (j->is_noted)
        forget_note(j);
    if (j->next != NULL)
        j->next->prev = j->prev;
    if (j->prev != NULL)
        j->prev->next = j->next;
    else
        c->jobs = j->next;
    j->client = NULL;
    curl_multi_remove_handle(c->multi, j->easy);
}
