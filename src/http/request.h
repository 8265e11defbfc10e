/* SPDX-License-Identifier: MIT */
/* A request, and what is answered to it: all that lives as long as its page. */
#ifndef FLOW_HTTP_REQUEST_H
#define FLOW_HTTP_REQUEST_H

#include "parser.h"
#include "site.h"

#include "operator/alarm.h"

struct flow__kept;
struct flow__body;
struct flow__websocket;

/* A name and its value: of arguments, and of headers that are answered. */
struct flow__pair {
    struct flow__pair *next;
    const char *name, *value;
};

struct flow_request {
    struct flow__parser *parser;
    flow_stage *received;
    flow_site *site;
    flow_gen *self;                         /* of the page                  */
    const struct flow__page *page;
    const char *method, *path, *rest, *query;       /* "": not known        */
    char *peer;                             /* NULL: is not kept            */
    bool head_only;                         /* the method is HEAD           */
    struct flow__kept *kept;                /* memory until its end         */
    struct flow__pair *arguments, *last_argument;
    size_t argument_count;
    bool split;                             /* the query is in arguments    */

    uint64_t allowed, got;                  /* bytes of the body            */
    double waited, since;                   /* for the last of them; and now */
    bool has_body;                          /* its end is not yet read      */
    bool expects;                           /* to be told to go on with it  */
    bool tells;                             /* is to be told now            */
    bool body_given;
    struct flow__body *body;                /* the stage, as long as it lives */
    flow_waker *waker;                      /* of who waits for the body    */
    bool reading;                           /* so does it for the connection */
    flow_waker *watcher;                    /* who waits to do that again   */
    flow_stage *parts;                      /* of the body; NULL: not asked */
    struct flow__alarm alarm;

    int status;
    struct flow__pair *headers;
    int64_t length;                         /* that was said; -1: none was  */
    bool begun;                             /* a piece was yielded          */
    bool varies;                            /* with the Accept-Encoding     */
    bool compressed;
    int judged;                             /* see conditional.h            */
    struct flow__websocket *websocket;      /* is answered; NULL: a page is */
};

/* What the parser has read. False: it is refused, see `status` and `why` of the
 * parser. */
bool flow__request_begin(struct flow_request *r);
void flow__request_end(struct flow_request *r);

/* Memory until the request's end; NULL: there is none. */
char *flow__request_keep(struct flow_request *r, size_t size);
/* So n characters, and a zero; NULL: told to the page. */
const char *flow__request_keep_text(struct flow_request *r, const char *s,
                                    size_t n);

/* Undoes the escapes of n characters into `to`, of the same size; with plus,
 * '+' is a space. Its length, or -1: there is a malformed one, or a zero. */
ssize_t flow__unescape(char *to, const char *from, size_t n, bool plus);

/* As flow_raise, of its page. */
void flow__request_fail(struct flow_request *r, flow_value error);

/* Reads on in the body: READY: *piece. */
flow_status flow__request_read(struct flow_request *r, flow_waker *w,
                               flow_value *piece);

/* A connection fails to give bytes. TLS, and who wishes for that, tell so that
 * it is lost: true, and it is given up, and the failure dropped. */
bool flow__request_is_lost(flow_stage *received, flow_value failure);

/* The page has ended: whoever still reads the body has no more. */
void flow__request_leave_body(struct flow_request *r);

#endif
