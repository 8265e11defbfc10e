/* SPDX-License-Identifier: MIT */
/* From bytes to requests: llhttp, without its leniency, and a guard over what
 * it is given.
 *
 * The head of a request is gathered whole before llhttp sees it, so that names
 * and values lie in one piece. The guard refuses, in heads and between chunks,
 * what some servers take for the end of a line and others do not. */
#ifndef FLOW_HTTP_PARSER_H
#define FLOW_HTTP_PARSER_H

#include <flow/http.h>
#include <llhttp/llhttp.h>

enum flow__parsed {
    FLOW__HUNGRY,                   /* all input is used up                 */
    FLOW__HEAD,                     /* the head is whole                    */
    FLOW__PIECE,                    /* of the body: `piece`                 */
    FLOW__END,                      /* of the request                       */
    FLOW__BAD                       /* see `status` and `why`               */
};

/* Where they are in the head; ended there by a zero. */
struct flow__field { uint32_t name, name_size, value, value_size; };

struct flow__parser {
    llhttp_t llhttp;
    llhttp_type_t type;
    const flow_site_options *limits;
    flow_value input;               /* what came; NONE: it is used up       */
    flow_value next;                /* what came before that was; or NONE   */
    size_t at;                      /* so far it is used                    */

    char *head;                     /* NULL: nothing of it is there         */
    size_t room, size;
    size_t lines, line;             /* so far; bytes of the one that is read */
    bool first_line;
    bool skipped;                   /* an empty one before it               */
    struct flow__field *fields;     /* behind the head, when it is whole    */
    size_t places, n;
    uint32_t target, target_size;

    bool in_body;                   /* the head is behind                   */
    bool keeps_alive;               /* another request may follow           */
    bool complete;                  /* so is the rest                       */
    size_t framing;                 /* bytes since the last of a chunk      */
    char last;                      /* byte of a head or of framing         */
    const char *piece_at;           /* in input; NULL: none was met         */
    size_t piece_size;
    flow_value piece;

    int status;                     /* why it is bad, as HTTP says it       */
    const char *why;
};

/* Before the first request. */
void flow__parser_begin(struct flow__parser *p, const flow_site_options *o);

/* The same for answers. */
void flow__parser_begin_answer(struct flow__parser *p,
                               const flow_site_options *o);

/* Before each further one: forgets the last, but not the input. */
void flow__parser_again(struct flow__parser *p);
void flow__parser_end(struct flow__parser *p);

/* Takes v, unless the parser is full: of what comes before it is hungry, it
 * takes one piece. */
void flow__parser_feed(struct flow__parser *p, flow_value v);
bool flow__parser_is_full(const struct flow__parser *p);

/* Takes back a piece of what it was fed and has not used, or an ERROR. False:
 * there is none. */
bool flow__parser_take(struct flow__parser *p, flow_value *v);

enum flow__parsed flow__parse(struct flow__parser *p);

/* Whether anything of a request is there. */
bool flow__parser_has_begun(const struct flow__parser *p);

/* A header of the request. NULL: there is none; *n, how many there are. */
const char *flow__parser_find(const struct flow__parser *p, const char *name,
                              size_t *n);

/* The one after *at, which is 0 to begin with, and moves on. NULL: no more. */
const char *flow__parser_next(const struct flow__parser *p, const char *name,
                              size_t *at);

#endif
