/* SPDX-License-Identifier: MIT */
/* The server: one stage for a connection, of what is to be sent. It reads a
 * head, runs the page, frames what the page yields, and reads the next head.
 *
 * The first piece of a page is held until the page has more, waits, or ends: so
 * one that is ready whole gets its length, and one that fails at once a status.
 *
 * What is sent at once lies in `out`, which is lent; so nothing here needs a
 * stack, and a connection between two requests is this record alone. */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

enum { DRAINED = 65536 };       /* bytes of a body that nobody has read      */

enum state {
    READS_HEAD,
    RUNS_PAGE,
    DRAINS,                     /* throws away what the page has left        */
    ENDS
};

enum timed { BY_NOTHING, BY_IDLE, BY_HEAD };

struct http {
    flow_stage *page;           /* these two are its inputs; the page uses   */
    flow_stage *received;       /* the other, and so is closed before it     */
    flow_site *site;
    struct flow__parser parser;
    struct flow_request r;
    enum state state;
    struct flow__alarm alarm;
    enum timed timed;

    flow_value held;            /* the first piece; NONE: there is none      */
    bool answering;             /* a request has not been answered whole     */
    bool headed;                /* the head is sent                          */
    bool closes;                /* the connection ends with this answer      */
    enum flow__framing framing;
    uint64_t sent;              /* bytes of the body                         */
    uint64_t drained;
    flow_value out[7];          /* a head, and two pieces in chunks         */
    size_t n;
    flow_value failure;         /* there was no memory for some of it        */
};

static bool is_begun(const struct http *h)
{
    return h->parser.limits != NULL;
}

static void forget_request(struct http *h)
{
    flow__request_leave_body(&h->r);
    flow__request_end(&h->r);
    h->r = (struct flow_request){
        .parser = &h->parser, .received = h->received, .site = h->site,
        .method = "", .path = "", .rest = "", .status = 200, .length = -1,
        .alarm = h->r.alarm
    };
    h->answering = h->headed = false;
    h->sent = h->drained = 0;
}

static void log_answer(struct http *h)
{
    char line[2048];

    h->answering = false;
    if (h->site->o.log == NULL)
        return;
    flow__answer_log(&h->r, h->sent, line, sizeof line);
    h->site->o.log(line, h->site->o.arg);
}

/* ---- Sending ------------------------------------------------------------- */
static void send_value(struct http *h, flow_value v)
{
    if (!flow_is_failure(v))
        h->out[h->n++] = v;
    else if (flow_is_failure(h->failure))
        flow_drop(v);
    else
        h->failure = v;
}

/* The answer begins: it is too late to tell the client that its body is wanted,
 * which so may come or not. */
static void ends_expecting(struct http *h)
{
    if (!h->r.expects && !h->r.tells)
        return;
    h->closes = true;
    h->r.expects = h->r.tells = false;
    flow_wake(h->r.waker);
}

static void send_head(struct http *h, enum flow__framing framing, bool text)
{
    ends_expecting(h);
    if (!flow__status_has_body(h->r.status))
        framing = FLOW__NO_BODY;
    if (!h->parser.keeps_alive || h->parser.status != 0
        || framing == FLOW__TO_THE_END)
        h->closes = true;
    h->framing = framing;
    h->headed = true;
    send_value(h, flow__answer_head(&h->r, framing, !h->closes, text));
}

/* Whether the bytes of the body go out at all. */
static bool sends_body(const struct http *h)
{
    return h->framing != FLOW__NO_BODY && !h->r.head_only;
}

static void send_piece(struct http *h, flow_value piece)
{
    if (!sends_body(h)) {
        flow_drop(piece);
        return;
    }
    h->sent += piece.size;
    if (h->framing == FLOW__CHUNKED)
        send_value(h, flow_textf("%x\r\n", piece.size));
    send_value(h, piece);
    if (h->framing == FLOW__CHUNKED)
        send_value(h, flow_literal("\r\n"));
}

/* ---- Ending an answer ---------------------------------------------------- */
static void end_answer(struct http *h)
{
    flow_close(h->page);
    h->page = NULL;
    log_answer(h);
    flow__request_leave_body(&h->r);
    h->r.allowed = UINT64_MAX;
    h->state = h->closes ? ENDS : DRAINS;
}

/* Before its head was sent. */
static void answer_error(struct http *h, int status, const char *why)
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
    send_head(h, FLOW__LENGTH, true);
    send_piece(h, text);
    end_answer(h);
}

static void refuse(struct http *h)
{
    h->closes = true;
    answer_error(h, h->parser.status, h->parser.why);
}

/* What is wrong is not told to the client. */
static void tell(struct http *h, const flow_value *error)
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

static void answer_failure(struct http *h, flow_value error)
{
    int code = flow_code(&error);

    h->r.headers = NULL;
    if (flow_is(&error, FLOW_EHTTP) && code >= 400 && code < 600) {
        answer_error(h, code, flow_message(&error));
    } else {
        tell(h, &error);
        answer_error(h, 500, "");
    }
    flow_drop(error);
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
static void answer_methods(struct http *h, const struct flow__page *pages)
{
    char allow[512];

    flow__pages_allow(pages, allow, sizeof allow);
    flow_answer_header(&h->r, "Allow", "%s", allow);
    if (strcmp(h->r.method, "OPTIONS") != 0) {
        answer_error(h, 405, "");
        return;
    }
    h->r.status = 204;
    send_head(h, FLOW__NO_BODY, true);
    end_answer(h);
}

static void begin_answer(struct http *h)
{
    struct flow__found found;

    h->answering = true;
    if (!flow__request_begin(&h->r)) {
        refuse(h);
        return;
    }
    found = flow__site_find(h->site, h->r.path);
    h->r.rest = found.rest;
    h->r.page = flow__page_for(found.pages, h->r.method);
    if (h->r.page != NULL) {
        h->page = flow_named(flow_generate(run_page, NULL, &h->r), "page");
        h->state = RUNS_PAGE;
    } else if (found.pages == NULL && strcmp(h->r.path, "*") != 0) {
        answer_error(h, 404, "");
    } else {
        answer_methods(h, found.pages);
    }
}

/* Without a length: in chunks, or to the end. */
static void send_head_of_stream(struct http *h)
{
    bool has_chunks = h->parser.llhttp.http_minor > 0;

    send_head(h, h->r.length >= 0 ? FLOW__LENGTH
                 : has_chunks ? FLOW__CHUNKED : FLOW__TO_THE_END,
              h->held.kind == FLOW_TEXT);
    if (h->held.kind != FLOW_NONE)
        send_piece(h, h->held);
    h->held = flow_none();
}

/* The page ended before anything of it was sent. */
static void send_whole(struct http *h)
{
    bool text = h->held.kind != FLOW_BYTES;

    if (h->r.length < 0)
        h->r.length = h->held.size;
    send_head(h, FLOW__LENGTH, text);
    if (h->held.kind != FLOW_NONE)
        send_piece(h, h->held);
    h->held = flow_none();
}

static flow_value wrong_length(const struct http *h)
{
    return flow_error(FLOW_EINVAL, 0, "a page of %lld bytes has given %s",
                      (long long)h->r.length,
                      h->sent < (uint64_t)h->r.length ? "less" : "more");
}

static bool has_wrong_length(const struct http *h, uint64_t more)
{
    return h->framing == FLOW__LENGTH && sends_body(h)
        && (more > 0 ? h->sent + more > (uint64_t)h->r.length
                     : h->sent != (uint64_t)h->r.length);
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

/* The page has failed; READY: something is to be sent. */
static flow_status fail_page(struct http *h, flow_value error, flow_stage *out)
{
    if (!h->headed) {
        answer_failure(h, error);
        return FLOW_READY;
    }
    flow_close(h->page);
    h->page = NULL;
    log_answer(h);
    h->state = ENDS;
    return flow_raise_in(out, error);
}

static flow_status takes_piece(struct http *h, flow_value v, flow_stage *out)
{
    flow_value wrong;

    h->r.begun = true;
    if (!is_piece(v, &wrong))
        return fail_page(h, wrong, out);
    if (v.size == 0) {                      /* a chunk of it would be the end */
        flow_drop(v);
        return FLOW_READY;
    }
    if (!h->headed && h->held.kind == FLOW_NONE) {
        h->held = v;
        return FLOW_READY;
    }
    if (!h->headed)
        send_head_of_stream(h);
    else if (has_wrong_length(h, v.size)) {
        flow_drop(v);
        return fail_page(h, wrong_length(h), out);
    }
    send_piece(h, v);
    if (!sends_body(h))
        end_answer(h);                      /* the rest is of no use         */
    return FLOW_READY;
}

static flow_status ends_page(struct http *h, flow_stage *out)
{
    if (!h->headed && h->r.length >= 0 && !h->r.head_only
        && flow__status_has_body(h->r.status)
        && h->held.size != (uint64_t)h->r.length)
        return fail_page(h, wrong_length(h), out);
    if (!h->headed)
        send_whole(h);
    else if (has_wrong_length(h, 0))
        return fail_page(h, wrong_length(h), out);
    else if (h->framing == FLOW__CHUNKED && sends_body(h))
        send_value(h, flow_literal("0\r\n\r\n"));
    end_answer(h);
    return FLOW_READY;
}

/* The client is to be told that its body is wanted. */
static bool tells_to_go_on(struct http *h)
{
    if (!h->r.tells)
        return false;
    h->r.tells = false;
    send_value(h, flow_literal("HTTP/1.1 100 Continue\r\n\r\n"));
    flow_wake(h->r.waker);
    return true;
}

static flow_status run_on(struct http *h, flow_stage *out, flow_waker *w)
{
    flow_value v;

    switch (flow_pull(h->page, w, &v)) {
    case FLOW_READY:
        return takes_piece(h, v, out);
    case FLOW_WAIT:
        if (tells_to_go_on(h))
            return FLOW_READY;
        if (h->held.kind == FLOW_NONE)
            return FLOW_WAIT;
        send_head_of_stream(h);
        return FLOW_READY;
    case FLOW_DONE:
        return ends_page(h, out);
    case FLOW_FAILED:
        return fail_page(h, v, out);
    }
    return FLOW_DONE;
}

/* ---- Between pages ------------------------------------------------------- */
static void time_by(struct http *h, enum timed by, flow_waker *w)
{
    if (h->timed != by)
        flow__alarm_set(&h->alarm, w, by == BY_IDLE ? h->site->o.idle
                                                    : h->site->o.head);
    h->timed = by;
    h->alarm.waker = w;
}

static void stop_time(struct http *h)
{
    flow__alarm_stop(&h->alarm);
    h->timed = BY_NOTHING;
}

static void too_slow(struct http *h)
{
    stop_time(h);
    if (!flow__parser_has_begun(&h->parser)) {
        h->state = ENDS;
        return;
    }
    h->parser.status = 408;
    h->parser.why = "the head is too slow";
    h->parser.n = 0;
    h->answering = true;
    refuse(h);
}

static flow_status feed(struct http *h, flow_stage *out, flow_waker *w)
{
    flow_value v;
    flow_status st = flow_pull(h->received, w, &v);

    if (st == FLOW_WAIT)
        time_by(h, flow__parser_has_begun(&h->parser) ? BY_HEAD : BY_IDLE, w);
    if (st == FLOW_READY)
        flow__parser_feed(&h->parser, v);
    return flow_pass(out, st, v);
}

static flow_status read_head(struct http *h, flow_stage *out, flow_waker *w)
{
    if (h->alarm.rung) {
        too_slow(h);
        return FLOW_READY;
    }
    switch (flow__parse(&h->parser)) {
    case FLOW__HUNGRY:
        return feed(h, out, w);
    case FLOW__HEAD:
        stop_time(h);
        begin_answer(h);
        return FLOW_READY;
    case FLOW__BAD: case FLOW__PIECE: case FLOW__END:
        stop_time(h);
        h->answering = true;
        refuse(h);
        return FLOW_READY;
    }
    return FLOW_DONE;
}

/* What is not worth reading ends the connection. */
static flow_status drain(struct http *h, flow_waker *w)
{
    flow_value piece = flow_none();
    flow_status st = FLOW_DONE;

    if (h->r.has_body)
        st = h->r.alarm.rung ? FLOW_FAILED
                             : flow__request_read(&h->r, w, &piece);
    if (st == FLOW_WAIT) {
        if (h->r.alarm.host == NULL)
            flow__alarm_set(&h->r.alarm, w, h->site->o.body);
        h->r.alarm.waker = w;
        return FLOW_WAIT;
    }
    if (st == FLOW_READY) {
        h->drained += piece.size;
        flow_drop(piece);
        if (h->drained > DRAINED)
            h->state = ENDS;
        return FLOW_READY;
    }
    if (st == FLOW_FAILED)
        flow_drop(piece);
    forget_request(h);
    flow__parser_again(&h->parser);
    h->state = st == FLOW_DONE ? READS_HEAD : ENDS;
    return FLOW_READY;
}

/* ---- As a stage ---------------------------------------------------------- */
static flow_status go_on(struct http *h, flow_stage *out, flow_waker *w)
{
    switch (h->state) {
    case READS_HEAD:
        return read_head(h, out, w);
    case RUNS_PAGE:
        return run_on(h, out, w);
    case DRAINS:
        return drain(h, w);
    case ENDS:
        return FLOW_DONE;
    }
    return FLOW_DONE;
}

static flow_status hand_out(struct http *h, flow_stage *out, flow_status st)
{
    flow_value failure = h->failure;

    if (flow_is_failure(failure)) {
        h->failure = flow_none();
        while (h->n > 0)
            flow_drop(h->out[--h->n]);
        h->state = ENDS;
        return flow_raise_in(out, failure);
    }
    if (h->n > 0)
        flow_lend(out, h->out, h->n);
    return st;
}

static flow_status http_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct http *h = self;
    flow_status st = FLOW_READY;

    if (!is_begun(h)) {
        flow__parser_begin(&h->parser, &h->site->o);
        forget_request(h);
    }
    h->n = 0;
    while (st == FLOW_READY && h->n == 0 && !flow_is_failure(h->failure))
        st = go_on(h, out, w);
    return hand_out(h, out, st);
}

static void http_close(void *self)
{
    struct http *h = self;

    if (is_begun(h)) {
        if (h->answering)
            log_answer(h);
        stop_time(h);
        forget_request(h);
        flow__parser_end(&h->parser);
        flow_drop(h->held);
    }
    flow_site_release(h->site);
}

static size_t http_inputs(void *self, flow_stage ***list)
{
    *list = &((struct http *)self)->page;
    return 2;
}

static const flow_type http_type = {
    .name = "http", .size = sizeof(struct http), .fill = http_fill,
    .close = http_close, .inputs = http_inputs
};

flow_stage *(flow_http)(flow_stage *received, void *arg)
{
    flow_site *site = arg;

    if (site == NULL || site->lacks) {
        flow_close(received);
        return flow_failed(flow_error(FLOW_ENOMEM, 0,
                                      "no memory for all pages of a site"));
    }
    site->holders++;
    return flow_stage_new(&http_type, &(struct http){
        .received = received, .site = site, .held = flow_none(),
        .failure = flow_none()
    });
}
