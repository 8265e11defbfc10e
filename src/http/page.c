/* SPDX-License-Identifier: MIT */
/* A page and its answer.
 *
 * The first piece of a page is held until the page has more, waits, or ends: so
 * one that is ready whole gets its length, and one that fails at once a status.
 */
#include "coding.h"
#include "conditional.h"
#include "connection.h"
#include "websocket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void flow__http_log(struct flow__http *h)
{
    char line[2048];

    h->answering = false;
    if (h->site->o.log == NULL)
        return;
    flow__answer_log(&h->r, h->sent, line, sizeof line);
    h->site->o.log(line, h->site->o.arg);
}

/* ---- Ending an answer ---------------------------------------------------- */
static void close_page(struct flow__http *h)
{
    flow_close(h->page);
    h->page = NULL;
    flow__gzip_free(h->gzip);
    h->gzip = NULL;
}

static void end_answer(struct flow__http *h)
{
    close_page(h);
    flow__http_log(h);
    flow__request_leave_body(&h->r);
    h->r.allowed = UINT64_MAX;
    h->state = h->closes || h->site->draining ? FLOW__ENDS : FLOW__DRAINS;
}

/* Before its head was sent. */
static void answer_error(struct flow__http *h, int status, const char *why)
{
    flow_value text = flow_textf("%d %s\n%s%s", status,
                                 flow__status_says(status), why,
                                 *why != '\0' ? "\n" : "");

    h->r.status = status;
    h->r.length = text.size;
    flow_drop(h->held);
    h->held = flow_none();
    h->r.begun = false;
    h->r.self = NULL;
    flow_answer_header(&h->r, "Content-Type", "text/plain; charset=utf-8");
    if (status == 408 || status == 413)
        h->closes = true;                   /* the body is not waited for   */
    flow__http_send_head(h, FLOW__LENGTH, true);
    flow__http_send_piece(h, text);
    end_answer(h);
}

void flow__http_refuse(struct flow__http *h)
{
    h->closes = true;
    answer_error(h, h->parser.status, h->parser.why);
}

/* What is wrong is not told to the client. */
static void tell(struct flow__http *h, const flow_value *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to;

    if (h->site->o.failed != NULL) {
        h->site->o.failed(error, &h->r, h->site->o.arg);
        return;
    }
    to = open_memstream(&text, &size);
    if (to != NULL) {
        flow_print_trace(to, error);
        fclose(to);
    }
    flow_report("the page of %s %s has failed: %s", h->r.method, h->r.path,
                text != NULL ? text : flow_message(error));
    free(text);
}

/* Whether a header is about the page that there would have been. Where a range
 * might have been is a part of its refusal. */
static bool is_of_page(const char *name, int status)
{
    static const char *const all[] = {
        "Cache-Control", "Content-Disposition", "Content-Encoding",
        "Content-Language", "Content-Location", "Content-Type", "ETag",
        "Expires", "Last-Modified", "Sec-WebSocket-Accept",
        "Sec-WebSocket-Protocol"
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcasecmp(name, all[i]) == 0)
            return true;
    return status != 416 && strcasecmp(name, "Content-Range") == 0;
}

static void forget_page(struct flow_request *r, int status)
{
    struct flow__pair **p = &r->headers;

    while (*p != NULL)
        if (is_of_page((*p)->name, status))
            *p = (*p)->next;
        else
            p = &(*p)->next;
}

static void answer_failure(struct flow__http *h, flow_value error)
{
    int code = flow_code(&error);

    if (flow_is(&error, FLOW_EHTTP) && code >= 400 && code < 600) {
        forget_page(&h->r, code);
        answer_error(h, code, flow_message(&error));
    } else {
        h->r.headers = NULL;
        tell(h, &error);
        answer_error(h, 500, "");
    }
    flow_drop(error);
}

/* The client has it already, or not what it thinks. False: neither. `text` is
 * what the page is without a Content-Type. */
static bool answers_unmet(struct flow__http *h, bool text)
{
    switch (flow__request_judge(&h->r)) {
    case 304:
        flow__answer_is_compressed(&h->r, text);
        h->r.status = 304;
        flow__answer_without_body(&h->r);
        flow__http_send_head(h, FLOW__NO_BODY, true);
        end_answer(h);
        return true;
    case 412:
        forget_page(&h->r, 412);
        answer_error(h, 412, "");
        return true;
    default:
        return false;
    }
}

/* ---- The page ------------------------------------------------------------ */
static void run_page(flow_gen *self, flow_stage *none, void *arg)
{
    struct flow_request *r = arg;

    (void)none;
    r->self = self;
    r->page->make(self, r, r->page->arg);
    r->self = NULL;
}

/* No page of a path has that method. */
static void answer_methods(struct flow__http *h, const struct flow__page *pages)
{
    char allow[512];

    flow__pages_allow(pages, allow, sizeof allow);
    flow_answer_header(&h->r, "Allow", "%s", allow);
    if (strcmp(h->r.method, "OPTIONS") != 0) {
        answer_error(h, 405, "");
        return;
    }
    h->r.status = 204;
    flow__http_send_head(h, FLOW__NO_BODY, true);
    end_answer(h);
}

void flow__http_begin(struct flow__http *h)
{
    struct flow__found found;

    h->answering = true;
    if (!flow__request_begin(&h->r)) {
        flow__http_refuse(h);
        return;
    }
    found = flow__site_find(h->site, h->r.path);
    h->r.rest = found.rest;
    h->r.page = flow__page_for(found.pages, h->r.method);
    if (h->r.page != NULL) {
        h->page = flow_named(flow_generate(run_page, NULL, &h->r), "page");
        h->state = FLOW__RUNS_PAGE;
    } else if (found.pages == NULL && strcmp(h->r.path, "*") != 0) {
        answer_error(h, 404, "");
    } else {
        answer_methods(h, found.pages);
    }
}

/* Without memory to compress it, it goes as it is. */
static void begin_coding(struct flow__http *h, bool text)
{
    if (!flow__answer_is_compressed(&h->r, text))
        return;
    if (!h->r.head_only)
        h->gzip = flow__gzip_new();
    h->r.compressed = h->r.head_only || h->gzip != NULL;
}

static enum flow__framing framing_of(const struct flow__http *h)
{
    if (h->r.length >= 0 && !h->r.compressed)
        return FLOW__LENGTH;
    return h->parser.llhttp.http_minor > 0 ? FLOW__CHUNKED : FLOW__TO_THE_END;
}

/* The head, and what is held. */
static void send_first(struct flow__http *h)
{
    bool text = h->held.kind != FLOW_BYTES;

    begin_coding(h, text);
    flow__http_send_head(h, framing_of(h), text);
    if (h->held.kind != FLOW_NONE)
        flow__http_send_piece(h, h->held);
    h->held = flow_none();
}

static flow_value wrong_length(const struct flow__http *h, const char *given)
{
    return flow_error(FLOW_EINVAL, 0, "a page of %lld bytes has given %s",
                      (long long)h->r.length, given);
}

/* Whether the page has said its length, and what it has yet to give of it. More
 * is seen before it goes out: a client would take that for another answer. */
static bool has_left(const struct flow__http *h, uint64_t *n)
{
    *n = (uint64_t)h->r.length - h->given - h->held.size;
    return h->r.length >= 0 && !h->r.head_only
        && flow__status_has_body(h->r.status);
}

/* Whether what comes makes sense; otherwise *wrong. */
static bool is_piece(flow_value v, flow_value *wrong)
{
    if (v.kind == FLOW_TEXT || v.kind == FLOW_BYTES)
        return true;
    flow_drop(v);
    *wrong = flow_error(FLOW_EINVAL, 0, "a page must yield text or bytes");
    return false;
}

void flow__http_leave(struct flow__http *h)
{
    close_page(h);
    flow__http_log(h);
    h->state = FLOW__ENDS;
}

/* The page has failed; READY: something is to be sent. */
static flow_status fail_page(struct flow__http *h, flow_value error,
                             flow_stage *out)
{
    if (!h->headed) {
        answer_failure(h, error);
        return FLOW_READY;
    }
    flow__http_leave(h);
    return flow_raise_in(out, error);
}

static flow_status takes_piece(struct flow__http *h, flow_value v,
                               flow_stage *out)
{
    flow_value wrong;
    uint64_t left;

    h->r.begun = true;
    if (!is_piece(v, &wrong))
        return fail_page(h, wrong, out);
    if (v.size == 0) {                      /* a chunk of it would be the end */
        flow_drop(v);
        return FLOW_READY;
    }
    if (has_left(h, &left) && v.size > left) {
        flow_drop(v);
        return fail_page(h, wrong_length(h, "more"), out);
    }
    if (!h->headed && h->held.kind == FLOW_NONE) {
        if (answers_unmet(h, v.kind == FLOW_TEXT))
            flow_drop(v);
        else
            h->held = v;
        return FLOW_READY;
    }
    if (!h->headed)
        send_first(h);
    flow__http_send_piece(h, v);
    if (!flow__http_sends_body(h))
        end_answer(h);                      /* the rest is of no use         */
    return FLOW_READY;
}

static flow_status ends_page(struct flow__http *h, flow_stage *out)
{
    uint64_t left;

    if (!h->headed && h->held.kind == FLOW_NONE && answers_unmet(h, true))
        return FLOW_READY;
    if (has_left(h, &left) && left > 0)
        return fail_page(h, wrong_length(h, "less"), out);
    if (!h->headed && h->r.length < 0)
        h->r.length = h->held.size;
    if (!h->headed)
        send_first(h);
    if (flow__http_send_end(h))
        end_answer(h);
    return FLOW_READY;
}

/* The client is to be told that its body is wanted. */
static bool tells_to_go_on(struct flow__http *h)
{
    if (!h->r.tells)
        return false;
    h->r.tells = false;
    flow__http_send(h, flow_literal("HTTP/1.1 100 Continue\r\n\r\n"));
    flow_wake(h->r.waker);
    return true;
}

static flow_status page_waits(struct flow__http *h)
{
    if (tells_to_go_on(h) || flow__http_send_rest(h))
        return FLOW_READY;
    if (h->held.kind == FLOW_NONE)
        return FLOW_WAIT;
    send_first(h);
    if (!flow__http_sends_body(h))
        end_answer(h);
    return FLOW_READY;
}

/* What is received belongs to the WebSocket now, and what it gives goes out. */
static flow_status begin_to_converse(struct flow__http *h,
                                     const flow_value *first)
{
    h->page = flow__websocket_sending(h->page, &h->r, first);
    h->state = FLOW__CONVERSES;
    h->headed = true;
    flow__http_send(h, flow__answer_head(&h->r, FLOW__NO_BODY, true, true));
    return FLOW_READY;
}

flow_status flow__http_converse(struct flow__http *h, flow_waker *w)
{
    flow_value v;
    flow_status st;

    if (h->site->draining)
        flow__websocket_go_away(h->r.websocket);
    st = flow_pull(h->page, w, &v);
    if (st == FLOW_READY) {
        h->sent += v.size;
        flow__http_send(h, v);
        return st;
    }
    if (st == FLOW_WAIT)
        return st;
    if (st == FLOW_FAILED)
        tell(h, &v);
    flow_drop(v);
    h->closes = true;
    end_answer(h);
    return FLOW_READY;
}

flow_status flow__http_run(struct flow__http *h, flow_stage *out, flow_waker *w)
{
    flow_status st;
    flow_value v;

    if (flow__http_send_more(h))
        return FLOW_READY;
    st = flow_pull(h->page, w, &v);
    if (h->r.websocket != NULL && st != FLOW_FAILED)
        return begin_to_converse(h, st == FLOW_READY ? &v : NULL);
    switch (st) {
    case FLOW_READY:
        return takes_piece(h, v, out);
    case FLOW_WAIT:
        return page_waits(h);
    case FLOW_DONE:
        return ends_page(h, out);
    case FLOW_FAILED:
        return fail_page(h, v, out);
    }
    return FLOW_DONE;
}
