/* SPDX-License-Identifier: MIT */
/* WebSocket over sockets, in the clear and in TLS: peers that do not read, or
 * send without an end, and closing at any moment. What takes time does so in a
 * network that is made up. */
#include "harness_inside.h"
#include "net_harness.h"
#include "tls_harness.h"
#include "websockets.h"

#include <flow/simulation.h>

#include <string.h>

/* ---- Pages --------------------------------------------------------------- */
enum { PIECE = 65536, MOST = 512, LARGE = 1 << 20 };
static const double PATIENCE = 20, IDLE = 10;           /* seconds          */

static size_t given;                    /* pieces, by a page or by a peer   */
static double closed_at;                /* a page was; -1: not yet          */

static void note_closed(void *none)
{
    (void)none;
    closed_at = flow_now();
}

static bool is_closed(void)
{
    return closed_at >= 0 || disturbed();
}

static bool is_given(void)
{
    return given > 0 || disturbed();
}

static flow_stage *begins(flow_gen *self, flow_request *r)
{
    flow_cleanup(self, note_closed, NULL);
    return flow_answer_websocket(r, &(flow_websocket_options){ .idle = IDLE });
}

static flow_value piece_of(size_t n)
{
    char *chars;
    flow_value piece = flow_buffer(n, &chars);

    if (chars != NULL)
        memset(chars, 'x', n);
    return piece;
}

static void pours(flow_gen *self, flow_request *r, void *arg)
{
    flow_value piece = piece_of(PIECE);

    (void)arg;
    flow_close(begins(self, r));
    while (flow_yield(self, flow_share(piece)))
        given++;
    flow_drop(piece);
}

static void large(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_close(begins(self, r));
    flow_yield(self, piece_of(LARGE));
}

static void listens(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *messages = begins(self, r);

    (void)arg;
    for (flow_value m; flow_next(self, messages, &m);)
        flow_drop(m);
    flow_close(messages);
}

/* ---- A service, and its peers -------------------------------------------- */
static struct {
    bool secure;
    double idle;                        /* of the service; 0: any           */
    struct sides sides;
    flow_site *site;
    flow_deferred *service;
    char at[64];
} net;

static void serve_at(const char *at)
{
    flow_service_options o = { .conn.idle = net.idle };

    given = 0;
    closed_at = -1;
    net.site = conversing_pages();
    flow_site_add(net.site, "/pours", pours, NULL);
    flow_site_add(net.site, "/large", large, NULL);
    flow_site_add(net.site, "/listens", listens, NULL);
    if (net.secure) {
        net.sides = sides();
        net.sides.protocol = flow_http;
        net.sides.arg = net.site;
    }
    net.service = net.secure ? flow_serve(at, secured, &net.sides, &o)
                             : flow_serve(at, flow_http, net.site, &o);
    snprintf(net.at, sizeof net.at, "%s", flow_served_at(net.service));
}

static void serve(void)
{
    flow_host_use(flow_uv_host());
    serve_at(HERE ":0");
}

static void leave(void)
{
    flow_site_release(net.site);
    if (net.secure)
        part(&net.sides);
    reports();
}

static void serve_no_more(void)
{
    served(net.service);
    leave();
}

static flow_stage *connect_to(flow_stage *sent, void *at)
{
    return flow_connect(at, sent, NULL);
}

static flow_stage *reach(flow_stage *sent, void *at)
{
    return net.secure ? flow_tls_connect("localhost", sent, net.sides.client,
                                         connect_to, at)
                      : connect_to(sent, at);
}

/* Asks for a page, and sends that. */
static flow_stage *peer(const char *request, flow_stage *sent)
{
    return reach(flow_concat(FLOW_STAGES(flow_once(said(request, "")), sent)),
                 net.at);
}

/* It has got the answer, and asks for no more. */
static flow_stage *peer_that_does_not_read(const char *request)
{
    flow_stage *s = peer(request, never());
    flow_value v;

    if (flow_block(s, &v))
        flow_drop(v);
    return s;
}

static void others_are_served(void)
{
    hears("one", flow_websocket("ws://localhost/echo", script("one"), NULL,
                                reach, net.at));
}

/* Each is one of two: in the clear, and in TLS. */
#define BOTH_WAYS(name)                                                      \
    static void name##_either(void);                                         \
    TEST(name)                                                               \
    {                                                                        \
        net.secure = false;                                                  \
        name##_either();                                                     \
    }                                                                        \
    TEST(name##_in_tls)                                                      \
    {                                                                        \
        net.secure = true;                                                   \
        name##_either();                                                     \
    }                                                                        \
    static void name##_either(void)
#define CASES(name) CASE(name), CASE(name##_in_tls)

/* ---- Bounds -------------------------------------------------------------- */
/* Of memory: the piece that a page shares, those on their way, and what TLS
 * holds; not what the kernel does. */
static bool little_is_held(void)
{
    return memory_live().bytes < 16 * PIECE;
}

BOTH_WAYS(a_peer_that_does_not_read_stops_its_page_and_no_other)
{
    flow_stage *s;

    serve();
    s = peer_that_does_not_read(BEGINS("/pours"));
    run_for(PATIENCE, is_given);
    others_are_served();
    CHECK(given > 0 && given < MOST);
    CHECK(little_is_held());
    CHECK(closed_at < 0);
    flow_close(s);
    run_for(PATIENCE, is_closed);
    CHECK(closed_at >= 0);
    serve_no_more();
}

/* Each a message of its own. */
static void send_on(flow_gen *self, flow_stage *none, void *arg)
{
    flow_value message = said("", "82*65536:x"), frame;

    (void)none;
    (void)arg;
    frame = flow_slice(&message, 2, message.size - 2);
    while (flow_yield(self, flow_share(frame)))
        given++;
    flow_drop(frame);
    flow_drop(message);
}

/* Whether it was stopped in that. */
static bool is_stopped(const char *request)
{
    flow_deferred *run;
    bool stopped;

    serve();
    run = flow_run(peer(request, flow_generate(send_on, NULL, NULL)));
    flow_outcome(run);
    run_for(PATIENCE, is_given);
    others_are_served();
    others_are_served();
    stopped = given < MOST;
    CHECK(given > 0);
    CHECK(little_is_held());
    flow_release(run);
    others_are_served();
    serve_no_more();
    return stopped;
}

BOTH_WAYS(a_peer_that_sends_without_end_is_stopped_by_its_page)
{
    CHECK(is_stopped(BEGINS("/waits")));
}

BOTH_WAYS(a_peer_that_sends_without_end_and_is_read_keeps_nobody_waiting)
{
    is_stopped(BEGINS("/deaf"));
    is_stopped(BEGINS("/listens"));
    is_stopped(BEGINS("/tells"));
}

/* ---- Time ---------------------------------------------------------------- */
static void serve_in_simulation(void)
{
    static const flow_faults calm;

    flow_simulation_begin(1, &calm);
    serve_at("localhost:80");
}

static void end_simulation(void)
{
    flow_outcome(net.service);
    flow_release(net.service);
    flow_loop();
    MUST(flow_simulation_end() == 0);
    leave();
}

static void wait_for(double seconds)
{
    flow_stage *ticks = flow_ticks(seconds);
    flow_value v;

    if (flow_block(ticks, &v))
        flow_drop(v);
    flow_close(ticks);
}

static void is_lost_after(double seconds, const char *request)
{
    flow_stage *s;
    double begin;

    serve_in_simulation();
    begin = flow_now();
    s = peer_that_does_not_read(request);
    wait_for(10 * IDLE);
    CHECK(closed_at >= begin + seconds - 0.1
          && closed_at <= begin + seconds + 0.1);
    flow_close(s);
    end_simulation();
}

BOTH_WAYS(a_peer_that_does_not_read_is_lost_when_it_was_idle)
{
    is_lost_after(IDLE, BEGINS("/pours"));
    is_lost_after(IDLE, BEGINS("/large"));
    is_lost_after(IDLE, BEGINS("/listens"));
}

TEST(the_smaller_patience_of_service_and_page_counts)
{
    net.secure = false;
    net.idle = 5 * IDLE;
    is_lost_after(IDLE, BEGINS("/pours"));
    net.idle = 0.5 * IDLE;
    is_lost_after(0.5 * IDLE, BEGINS("/pours"));
    net.idle = 0;
}

BOTH_WAYS(a_peer_that_reads_slowly_gets_all)
{
    flow_stage *s;
    size_t n = 0;

    serve_in_simulation();
    s = peer(BEGINS("/large"), never());
    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        n += v.size;
        wait_for(0.6 * IDLE * (double)v.size / PIECE);
    }
    CHECK(n > LARGE);
    flow_close(s);
    end_simulation();
}

/* Agrees, and then neither reads nor speaks. */
static flow_stage *deaf_server(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_concat(FLOW_STAGES(flow_take(flow_http(received, net.site), 1),
                                   never()));
}

TEST(a_server_that_does_not_read_is_lost_by_its_client)
{
    flow_deferred *service;
    flow_value why;
    double begin;

    net.secure = false;
    serve_in_simulation();
    service = flow_serve("deaf:80", deaf_server, NULL, NULL);
    begin = flow_now();
    why = flow_block_all(flow_websocket(
        "ws://deaf/waits", flow_generate(send_on, NULL, NULL),
        &(flow_websocket_options){ .idle = IDLE }, connect_to, "deaf:80"));
    CHECK(flow_is(&why, FLOW_ESYSTEM));
    CHECK(flow_now() >= begin + IDLE - 0.1 && flow_now() <= begin + IDLE + 0.1);
    flow_drop(why);
    flow_outcome(service);
    flow_release(service);
    end_simulation();
}

/* ---- Closing ------------------------------------------------------------- */
static void close_after(int turns, const char *path, bool client_first)
{
    char url[64];
    flow_deferred *client;
    flow_host *h;

    serve();
    snprintf(url, sizeof url, "ws://localhost%s", path);
    client = flow_run(flow_websocket(url, script("one.two"), NULL, reach,
                                     net.at));
    h = flow_host_here();
    for (int n = 0; n < turns; n++)
        h->turn(h, false);
    flow_outcome(client);
    flow_outcome(net.service);
    flow_release(client_first ? client : net.service);
    h->turn(h, false);
    flow_release(client_first ? net.service : client);
    leave();
    flow_uv_close();
}

BOTH_WAYS(a_conversation_may_be_closed_after_any_turn)
{
    static const char *const paths[] = { "/echo", "/pours", "/tells" };

    for (int turns = 0; turns < 12; turns++)
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
            close_after(turns, paths[i], turns % 2 == 0);
    reports();
}

int main(void)
{
    static const struct test tests[] = {
        CASES(a_peer_that_does_not_read_stops_its_page_and_no_other),
        CASES(a_peer_that_sends_without_end_is_stopped_by_its_page),
        CASES(a_peer_that_sends_without_end_and_is_read_keeps_nobody_waiting),
        CASES(a_peer_that_does_not_read_is_lost_when_it_was_idle),
        CASE(the_smaller_patience_of_service_and_page_counts),
        CASES(a_peer_that_reads_slowly_gets_all),
        CASE(a_server_that_does_not_read_is_lost_by_its_client),
        CASES(a_conversation_may_be_closed_after_any_turn),
    };

    return run_tests("websocket_net", tests, sizeof tests / sizeof *tests);
}
