/* SPDX-License-Identifier: MIT */
/* The pages of the program `web`, each whole in the file of its name, and what
 * they share. */
#ifndef WEB_H
#define WEB_H

#include <flow/http.h>

/* ---- Pages, and what they are given as arg ------------------------------- */
flow_page random_page;                      /* nothing                      */
flow_page delayed_page;                     /* nothing                      */
flow_page joined_page;                      /* a flow_pool                  */
flow_page query_page;                       /* a flow_database              */
flow_page events_page;                      /* the struct facts             */
flow_page sites_page;                       /* the struct facts             */
flow_page upload_form;                      /* nothing                      */
flow_page upload_page;                      /* the EVP_MD of SHA-256        */
flow_page chat_page;                        /* nothing                      */
flow_page static_page;                      /* where the files are          */

/* ---- What pages of HTML share (page.c) ----------------------------------- */
/* Begins one with that title. False: as of flow_yield. May suspend. */
bool begin_page(flow_gen *self, flow_request *r, const char *title);
void end_page(flow_gen *self);

/* The argument of that name, from 0 to most; *n stays if there is none. False:
 * it is no such number, and the page fails. */
bool number_argument(flow_gen *self, flow_request *r, const char *name,
                     long most, long *n);

/* ---- What the server tells of itself (facts.c) --------------------------- */
struct facts {
    flow_site *site;
    flow_deferred *service;
    size_t connections;                     /* that are open                */
    size_t requests;                        /* that were answered           */
    double begun;                           /* by flow_now                  */
    flow_deferred *stopping;                /* fires when it shall end      */
    bool logs;                              /* prints each answer           */
};

/* flow_http whose connections are counted. arg: the struct facts. */
flow_protocol counted_http;

/* Has the answers of a site counted, and perhaps printed. */
void count_answers(flow_site_options *o, struct facts *facts);

/* Bytes of memory that the program takes. */
long memory_taken(void);

/* ---- The program asks itself (once.c) ------------------------------------ */
/* Prints what its pages answer to curl. False: one did not. */
bool ask_all(const char *at);

#endif
