/* SPDX-License-Identifier: MIT */
/* The server: one stage for a connection, of what is to be sent. It reads a
 * head, runs the page, frames what the page yields, and reads the next head.
 *
 * What is sent at once lies in `out`, which is lent; so nothing here needs a
 * stack, and a connection between two requests is this record alone. */
#include "connection.h"
#include "websocket.h"

#include "net/received.h"

enum { DRAINED = 65536 };       /* bytes of a body that nobody has read      */

static bool is_begun(const struct flow__http *h)
{
    return h->parser.limits != NULL;
}

static void forget_request(struct flow__http *h)
{
    flow__request_leave_body(&h->r);
    flow__websocket_release(h->r.websocket);
    flow__request_end(&h->r);
    h->r = (struct flow_request){
        .parser = &h->parser, .received = h->received, .site = h->site,
        .method = "", .path = "", .rest = "", .status = 200, .length = -1,
        .alarm = h->r.alarm
    };
    h->answering = h->headed = false;
    h->given = h->sent = h->drained = 0;
}

/* ---- Between pages ------------------------------------------------------- */
static double seconds_of(const struct flow__http *h, enum flow__http_timed by)
{
    switch (by) {
    case FLOW__BY_NOTHING:
        break;
    case FLOW__BY_IDLE:
        return h->site->o.idle;
    case FLOW__BY_HEAD:
        return h->site->o.head;
    case FLOW__BY_GONE:
        return h->site->o.gone;
    }
    return 0;
}

/* An alarm that was set for an earlier request stays, and looks again when it
 * rings: most connections ask on much sooner. */
static void set_alarm(struct flow__http *h, flow_waker *w, double now)
{
    if (h->alarm.host != w->host || h->rings > h->until) {
        flow__alarm_set(&h->alarm, w, h->until - now);
        h->rings = h->until;
    }
    h->alarm.waker = w;
}

static void time_by(struct flow__http *h, enum flow__http_timed by,
                    flow_waker *w)
{
    double now = w->host->now(w->host);

    if (h->timed != by)
        h->until = now + seconds_of(h, by);
    h->timed = by;
    set_alarm(h, w, now);
}

/* Whoever asks now may not be there when the alarm rings. */
static void stop_time(struct flow__http *h)
{
    h->timed = FLOW__BY_NOTHING;
    h->alarm.waker = NULL;
}

static bool is_over_time(struct flow__http *h)
{
    bool rung = h->alarm.rung;

    h->alarm.rung = false;
    return rung && h->timed != FLOW__BY_NOTHING && h->rings >= h->until;
}

static void too_slow(struct flow__http *h)
{
    stop_time(h);
    if (!flow__parser_has_begun(&h->parser)) {
        h->state = FLOW__ENDS;
        return;
    }
    h->parser.status = 408;
    h->parser.why = "the head is too slow";
    h->parser.n = 0;
    h->answering = true;
    flow__http_refuse(h);
}

static flow_status feed(struct flow__http *h, flow_stage *out, flow_waker *w)
{
    flow_value v;
    flow_status st = flow_pull(h->received, w, &v);

    if (st == FLOW_WAIT)
        time_by(h, flow__parser_has_begun(&h->parser) ? FLOW__BY_HEAD
                                                      : FLOW__BY_IDLE, w);
    if (st == FLOW_READY)
        flow__parser_feed(&h->parser, v);
    if (st == FLOW_FAILED && flow_is(&v, FLOW_ESYSTEM))
        flow__received_give_up(h->received);        /* as TLS tells a loss  */
    return flow_pass(out, st, v);
}

static flow_status read_head(struct flow__http *h, flow_stage *out,
                             flow_waker *w)
{
    if (is_over_time(h)) {
        too_slow(h);
        return FLOW_READY;
    }
    if (h->site->draining && !flow__parser_has_begun(&h->parser)) {
        h->state = FLOW__ENDS;
        return FLOW_READY;
    }
    switch (flow__parse(&h->parser)) {
    case FLOW__HUNGRY:
        return feed(h, out, w);
    case FLOW__HEAD:
        stop_time(h);
        flow__http_begin(h);
        return FLOW_READY;
    case FLOW__BAD: case FLOW__PIECE: case FLOW__END:
        stop_time(h);
        h->answering = true;
        flow__http_refuse(h);
        return FLOW_READY;
    }
    return FLOW_DONE;
}

/* What is not worth reading ends the connection. */
static flow_status drain(struct flow__http *h, flow_waker *w)
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
            h->state = FLOW__ENDS;
        return FLOW_READY;
    }
    if (st == FLOW_FAILED)
        flow_drop(piece);
    forget_request(h);
    flow__parser_again(&h->parser);
    h->state = st == FLOW_DONE ? FLOW__READS_HEAD : FLOW__ENDS;
    return FLOW_READY;
}

/* ---- While a page waits -------------------------------------------------- */
static flow_status leave(struct flow__http *h, flow_stage *out, flow_value why)
{
    flow__received_give_up(h->received);
    flow__http_leave(h);
    return flow_raise_in(out, why);
}

/* The client has sent all that it will. If it is not known to be lost, it may
 * only have closed its side, and still be there to hear. */
static flow_status is_left(struct flow__http *h, flow_stage *out,
                           flow_waker *w)
{
    if (flow__received_is_lost(h->received) || is_over_time(h))
        return leave(h, out, flow_error(FLOW_ETIMEOUT, 0,
                                        "the client has gone"));
    time_by(h, FLOW__BY_GONE, w);
    return FLOW_WAIT;
}

/* Looks whether the client is still there, by asking for what comes behind its
 * request: one piece of that is kept, and no more asked for. */
static flow_status watch(struct flow__http *h, flow_stage *out, flow_waker *w)
{
    flow_status st = FLOW_READY;
    flow_value v;

    if (h->r.reading) {
        h->r.watcher = w;
        return FLOW_WAIT;
    }
    while (st == FLOW_READY && !flow__parser_is_full(&h->parser)) {
        st = flow_pull(h->received, w, &v);
        if (st == FLOW_READY && v.size > 0)
            flow__parser_feed(&h->parser, v);
        else if (st == FLOW_READY)
            flow_drop(v);
    }
    if (st == FLOW_DONE)
        return is_left(h, out, w);
    if (st == FLOW_FAILED)
        return leave(h, out, v);
    flow__received_is_only_watched(h->received);
    return FLOW_WAIT;
}

static flow_status run_page(struct flow__http *h, flow_stage *out,
                            flow_waker *w)
{
    flow_status st = flow__http_run(h, out, w);

    if (st == FLOW_WAIT)
        return watch(h, out, w);
    stop_time(h);
    return st;
}

/* ---- As a stage ---------------------------------------------------------- */
static flow_status go_on(struct flow__http *h, flow_stage *out, flow_waker *w)
{
    switch (h->state) {
    case FLOW__READS_HEAD:
        return read_head(h, out, w);
    case FLOW__RUNS_PAGE:
        return run_page(h, out, w);
    case FLOW__CONVERSES:
        return flow__http_converse(h, w);
    case FLOW__DRAINS:
        return drain(h, w);
    case FLOW__ENDS:
        return FLOW_DONE;
    }
    return FLOW_DONE;
}

static flow_status hand_out(struct flow__http *h, flow_stage *out,
                            flow_status st)
{
    flow_value failure = h->failure;

    if (flow_is_failure(failure)) {
        h->failure = flow_none();
        while (h->n > 0)
            flow_drop(h->out[--h->n]);
        h->state = FLOW__ENDS;
        return flow_raise_in(out, failure);
    }
    if (h->n > 0)
        flow_lend(out, h->out, h->n);
    return st;
}

static flow_status http_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct flow__http *h = self;
    flow_status st = FLOW_READY;

    if (!is_begun(h)) {
        flow__parser_begin(&h->parser, &h->site->o);
        forget_request(h);
        flow__site_list(h->site, &h->listed);
        flow__received_bound_sending(h->received, h->site->o.answer);
    }
    h->n = 0;
    while (st == FLOW_READY && h->n == 0 && !flow_is_failure(h->failure))
        st = go_on(h, out, w);
    h->listed.waker = st == FLOW_WAIT ? w : NULL;
    return hand_out(h, out, st);
}

static void http_close(void *self)
{
    struct flow__http *h = self;

    if (is_begun(h)) {
        flow__site_unlist(h->site, &h->listed);
        if (h->answering)
            flow__http_log(h);
        flow__alarm_stop(&h->alarm);
        forget_request(h);
        flow__parser_end(&h->parser);
        flow_drop(h->held);
        flow__gzip_free(h->gzip);
    }
    flow_site_release(h->site);
}

static size_t http_inputs(void *self, flow_stage ***list)
{
    *list = &((struct flow__http *)self)->page;
    return 2;
}

static const flow_type http_type = {
    .name = "http", .size = sizeof(struct flow__http), .fill = http_fill,
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
    return flow_stage_new(&http_type, &(struct flow__http){
        .received = received, .site = site, .held = flow_none(),
        .failure = flow_none()
    });
}
