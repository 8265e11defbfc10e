/* SPDX-License-Identifier: MIT */
/* A site: a tree of the segments of paths, with pages for each method. */
#ifndef FLOW_HTTP_SITE_H
#define FLOW_HTTP_SITE_H

#include "date.h"

#include <flow/http.h>

struct flow__page {
    flow_page *make;
    void *arg;
    const char *method;                     /* up to a space or its end     */
    size_t method_size;
    struct flow__page *next;
};

struct flow__node;

/* A connection of a site. */
struct flow__listed {
    struct flow__listed *next, *prev;
    flow_waker *waker;                      /* while it waits; or NULL      */
};

struct flow_site {
    size_t holders;
    flow_site_options o;                    /* none of them 0               */
    struct flow__node *root;
    bool lacks;                             /* memory for a page            */
    bool draining;
    struct flow__listed *first;
    int64_t second;                         /* that these say               */
    char date[FLOW__DATE], log_date[FLOW__DATE];
};

/* A connection begins, and ends. */
void flow__site_list(flow_site *site, struct flow__listed *c);
void flow__site_unlist(flow_site *site, struct flow__listed *c);

struct flow__found {
    struct flow__page *pages;               /* of that path; NULL: none     */
    const char *rest;                       /* what the star stands for     */
};

/* For a path without escapes. */
struct flow__found flow__site_find(const flow_site *site, const char *path);

/* NULL: none of that method. */
const struct flow__page *flow__page_for(const struct flow__page *pages,
                                        const char *method);

/* The methods there are, as Allow lists them. */
void flow__pages_allow(const struct flow__page *pages, char *to, size_t size);

/* The time as HTTP writes it, and as logs do; borrowed until the next call. */
const char *flow__site_date(flow_site *site);
const char *flow__site_log_date(flow_site *site);

#endif
