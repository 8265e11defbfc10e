/* SPDX-License-Identifier: MIT */
/* What the tests of HTTP share: a site of pages, and what it answers to bytes.
 *
 *     answers("HTTP/1.1 404 Not Found|...", "GET /no HTTP/1.0\r\n\r\n");
 *
 * The ends of lines are written as '|' there; Date is left out, and that a
 * page varies with Accept-Encoding. */
#ifndef FLOW_TEST_HTTP_PAGES_H
#define FLOW_TEST_HTTP_PAGES_H

#include "harness.h"

#include <flow/http.h>

/* What the site of all tests has:
 *     /hello      a page in one piece       /parts      in three, with pauses
 *     /bytes      bytes, not text           /fails      before the first piece
 *     /breaks     after the first           /teapot     status 418 by failing
 *     /echo?a=    the argument a            /user/(all)  what is below
 *     POST /form  the argument a            POST /count  bytes of the body
 *     POST /hasty yields, then counts; with ?wait it waits between
 *     POST /lazy  reads nothing             /headers?n=&v= a header
 *     /empty      nothing at all            /slow       a day late
 *     /length?n=  says that it is so long   /none       status 204
 *     /bits       empty pieces between others  /events  three, 1 to 3
 *     /private, /range    have said much when they fail with 401, with 416
 *     POST /upload  its parts, as name=body; or name(filename:type)=body; */
extern flow_site_options options;       /* of the next site                 */
flow_site *pages(void);

/* The answer of a connection that sends `request`, in pieces of so many bytes
 * (0: all in one), and then no more. */
void answers(const char *wanted, const char *request);
void answers_in_pieces(const char *wanted, const char *request, size_t size);

/* The answer must begin so. */
void answers_with(const char *begin, const char *request);

/* The same of another site, which it releases. */
void answers_from(flow_site *site, const char *wanted, const char *request);
void answers_from_with(flow_site *site, const char *begin, const char *request);

/* What a stage of bytes gives, as above, then `!` and the class of its failure;
 * borrowed until the next call. Closes it. */
const char *heard(flow_stage *s);

/* The bytes of a request, in pieces. */
flow_stage *asking(const char *request, size_t size);

#endif
