/* SPDX-License-Identifier: MIT */
/* What the tests of fetching share: sites on free ports, and what is heard.
 *
 *     TEST(hello)
 *     {
 *         struct site s = site();
 *         hears("hello", body(&s, "/hello"));
 *         leave(&s);
 *     }
 */
#ifndef FLOW_TEST_FETCH_HARNESS_H
#define FLOW_TEST_FETCH_HARNESS_H

#include "http_pages.h"
#include "net_harness.h"

#include <flow/fetch.h>

/* This thread's host of libuv. */
void begin_fetching(void);

/* The pages of http_pages.h, and besides
 *     /shown     method, cookie a, header X-Empty, User-Agent
 *     /secret    status 200 for anna with the password secret
 *     /stuck     says "begun", and no more
 *     /endless   pieces of 65536 bytes */
struct site { flow_site *site; flow_deferred *service; int port; };
struct site site(void);
void leave(struct site *s);

/* Pieces of /endless that were asked for; more than the most would not fit into
 * what kernels hold. */
enum { ENDLESS_MOST = 512 };
size_t endless_given(void);

/* Connections that the site has taken. */
size_t connections_made(void);

flow_value at(const struct site *s, const char *path);
flow_stage *body(const struct site *s, const char *path);

/* As hears, with the status before the body: "200 hello". */
void hears_answer(const char *text, flow_stage *answer);

bool is(const char *s, const char *wanted);             /* NULL is nothing  */
bool ends_with(const char *s, const char *end);

/* To this thread's host it is so much later; what it waits for already is not
 * told. */
void time_passes(double seconds);

/* From now on the host waits for no longer than a second: it is later at once.
 */
void time_flies(void);

/* A proxy in the environment of whoever tests is not for these. */
void no_proxy(void);

#endif
