/* SPDX-License-Identifier: MIT */
/* Pages in made-up worlds, see worlds.h. In each, some clients ask one site for
 * much of it at once, one request behind the other; some leave early. Whatever
 * the network does, each request that has come whole is answered once and in
 * its order, with just what it should be; an answer is whole unless the client
 * is told that it is not; and in the end every page has been closed. */
#include "worlds.h"

#include <flow/http.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SERVER "server:80"

enum { CLIENTS = 4, REQUESTS = 8, DATE = 29 };

struct client {
    struct text asked, heard;
    struct text wanted;                     /* '?' stands for the date      */
    size_t ends[REQUESTS];                  /* of the answers, in `wanted`  */
    int runs[REQUESTS];                     /* of the pages; -1: it has none */
    size_t n;
    bool stays;                             /* does not end its side        */
    struct visit visit;
};

static struct client clients[CLIENTS];
static size_t open_pages;

/* ---- Pages: each is asked for by /name/client/request ------------------- */
static void note_closed(void *p)
{
    (void)p;
    open_pages--;
}

static unsigned number_of(flow_gen *self, flow_request *r)
{
    const char *rest = flow_request_rest(r);
    unsigned c = (unsigned)strtoul(rest, NULL, 10);
    unsigned n = (unsigned)strtoul(strchr(rest, '/') + 1, NULL, 10);

    open_pages++;
    flow_cleanup(self, note_closed, NULL);
    clients[c].runs[n]++;
    return n;
}

static void ready(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_yield(self, flow_textf("ready %u", number_of(self, r)));
}

/* In as many pieces as its number, and with pauses. */
static void grows(flow_gen *self, flow_request *r, void *arg)
{
    unsigned n = number_of(self, r);

    (void)arg;
    for (unsigned i = 0; i <= n; i++)
        if (!flow_yield(self, flow_textf("piece %u", i))
            || !flow_cooperate(self, i / 4.0))
            return;
}

static unsigned sum_of(unsigned sum, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + (unsigned char)s[i];
    return sum;
}

static void sum(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *body = flow_request_body(r);
    unsigned all = number_of(self, r);

    (void)arg;
    for (flow_value v; flow_next(self, body, &v); flow_drop(v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        all = sum_of(all, s, n);
    }
    flow_close(body);
    flow_yield(self, flow_textf("sum %u", all));
}

static void fails(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    number_of(self, r);
    if (flow_cooperate(self, 0.1))
        flow_fail(self, FLOW_EHTTP, 418, "short and stout");
}

static flow_site *site_for(bool good)
{
    flow_site_options o = { .plain = true };
    flow_site *site;

    if (good)
        o.idle = o.head = o.body = o.answer = o.gone = 1e6;
    site = flow_site_new(&o);
    flow_site_add(site, "/ready/*", ready, NULL);
    flow_site_add(site, "/grows/*", grows, NULL);
    flow_site_add(site, "/fails/*", fails, NULL);
    flow_site_add(site, "POST /ready/*", ready, NULL);
    flow_site_add(site, "POST /sum/*", sum, NULL);
    return site;
}

/* ---- What is asked, and what is to be answered --------------------------- */
static void say(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *format, ...)
{
    char line[512];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_add(t, line, (size_t)n);
}

static void want_head(struct client *c, const char *status, const char *type)
{
    say(&c->wanted, "HTTP/1.1 %s\r\nDate: %.*s\r\nContent-Type: text/%s; "
        "charset=utf-8\r\n", status, DATE, "?????????????????????????????",
        type);
}

static void want_whole(struct client *c, const char *status, const char *type,
                       const char *body)
{
    want_head(c, status, type);
    say(&c->wanted, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void ask_ready(struct client *c, unsigned who, unsigned n)
{
    char body[32];

    say(&c->asked, "GET /ready/%u/%u HTTP/1.1\r\nHost: a\r\n\r\n", who, n);
    snprintf(body, sizeof body, "ready %u", n);
    want_whole(c, "200 OK", "html", body);
}

static void ask_head(struct client *c, unsigned who, unsigned n)
{
    say(&c->asked, "HEAD /ready/%u/%u HTTP/1.1\r\nHost: a\r\n\r\n", who, n);
    want_head(c, "200 OK", "html");
    say(&c->wanted, "Content-Length: 7\r\n\r\n");
}

static void ask_grows(struct client *c, unsigned who, unsigned n)
{
    say(&c->asked, "GET /grows/%u/%u HTTP/1.1\r\nHost: a\r\n\r\n", who, n);
    want_head(c, "200 OK", "html");
    say(&c->wanted, "Transfer-Encoding: chunked\r\n\r\n");
    for (unsigned i = 0; i <= n; i++)
        say(&c->wanted, "7\r\npiece %u\r\n", i);
    say(&c->wanted, "0\r\n\r\n");
}

/* Bytes, by their length or in chunks; gives their sum. */
static unsigned add_body(struct text *t, unsigned all)
{
    static char body[20000];
    size_t size = one_in(8) ? below(sizeof body) : below(200), at = 0;
    bool chunked = one_in(2);

    for (size_t i = 0; i < size; i++)
        body[i] = (char)below(256);
    if (chunked)
        say(t, "Transfer-Encoding: chunked\r\n\r\n");
    else
        say(t, "Content-Length: %zu\r\n\r\n", size);
    while (at < size) {
        size_t n = chunked ? 1 + below((unsigned)(size - at)) : size;

        if (chunked)
            say(t, "%zx\r\n", n);
        text_add(t, body + at, n);
        if (chunked)
            say(t, "\r\n");
        at += n;
    }
    if (chunked)
        say(t, "0\r\n\r\n");
    return sum_of(all, body, size);
}

static void ask_sum(struct client *c, unsigned who, unsigned n)
{
    char answer[32];

    say(&c->asked, "POST /sum/%u/%u HTTP/1.1\r\nHost: a\r\n", who, n);
    snprintf(answer, sizeof answer, "sum %u", add_body(&c->asked, n));
    want_whole(c, "200 OK", "html", answer);
}

/* Nobody reads its body. */
static void ask_lazy(struct client *c, unsigned who, unsigned n)
{
    char answer[32];

    say(&c->asked, "POST /ready/%u/%u HTTP/1.1\r\nHost: a\r\n", who, n);
    add_body(&c->asked, n);
    snprintf(answer, sizeof answer, "ready %u", n);
    want_whole(c, "200 OK", "html", answer);
}

static void ask_fails(struct client *c, unsigned who, unsigned n)
{
    say(&c->asked, "GET /fails/%u/%u HTTP/1.1\r\nHost: a\r\n\r\n", who, n);
    want_whole(c, "418 Other", "plain", "418 Other\nshort and stout\n");
}

static void ask_none(struct client *c, unsigned who, unsigned n)
{
    say(&c->asked, "GET /none/%u HTTP/1.1\r\nHost: a\r\n\r\n", who);
    want_whole(c, "404 Not Found", "plain", "404 Not Found\n");
    c->runs[n] = -1;
}

static void ask(struct client *c, unsigned who)
{
    static void (*const asks[])(struct client *, unsigned, unsigned) = {
        ask_ready, ask_head, ask_grows, ask_sum, ask_lazy, ask_fails, ask_none
    };

    c->n = below(REQUESTS + 1);
    for (unsigned n = 0; n < c->n; n++) {
        asks[below(sizeof asks / sizeof *asks)](c, who, n);
        c->ends[n] = c->wanted.n;
    }
}

/* ---- Clients ------------------------------------------------------------- */
static void hear(flow_gen *self, flow_stage *answers, void *arg)
{
    struct client *c = arg;
    flow_value v;

    while (flow_next(self, answers, &v)) {
        size_t n;
        const char *chars = flow_chars(&v, &n);

        text_add(&c->heard, chars, n);
        flow_drop(v);
    }
    flow_yield(self, "all");
}

static void stay(flow_gen *self, flow_stage *none, void *arg)
{
    (void)none;
    (void)arg;
    flow_cooperate(self, 1000);
}

static void begin_client(unsigned who, bool good)
{
    struct client *c = &clients[who];
    flow_connect_options o = { 0 };
    flow_stage *sent;

    memset(c, 0, sizeof *c);
    ask(c, who);
    c->stays = !good && one_in(2);
    if (!good)
        o.conn = impatience();
    sent = flow_generate(send_pieces, NULL, &c->asked);
    if (c->stays)
        sent = flow_concat(FLOW_STAGES(sent, flow_generate(stay, NULL, NULL)));
    begin_visit(&c->visit,
                flow_generate(hear, flow_connect(SERVER, sent, &o), c));
}

/* ---- What they have heard ------------------------------------------------ */
static const char last[] = "Connection: close\r\n";

/* Takes out that an answer is the last, if it is said. */
static bool take_last_out(struct text *t)
{
    char *at = t->n > 0 ? memmem(t->chars, t->n, last, strlen(last)) : NULL;

    if (at == NULL)
        return false;
    t->n -= strlen(last);
    memmove(at, at + strlen(last), t->n - (size_t)(at - t->chars));
    return true;
}

/* What was heard may be cut in the middle of that. No answer ends as it begins.
 */
static void take_begin_out(struct text *t)
{
    for (size_t n = strlen(last) - 1; n > 0; n--)
        if (t->n >= n && memcmp(t->chars + t->n - n, last, n) == 0)
            t->n -= n;
}

static bool is_that(char heard, char wanted)
{
    return heard == wanted || wanted == '?';
}

static size_t agree(const struct client *c)
{
    size_t n = 0;

    while (n < c->heard.n && n < c->wanted.n
           && is_that(c->heard.chars[n], c->wanted.chars[n]))
        n++;
    return n;
}

/* How many answers are whole, in so many bytes of what is wanted. */
static size_t whole_in(const struct client *c, size_t n)
{
    size_t whole = 0;

    while (whole < c->n && c->ends[whole] <= n)
        whole++;
    return whole;
}

/* A client that is too slow is told so, and nothing else. */
static bool is_told_that_it_is_slow(const struct client *c, size_t from)
{
    static const char says[] = "HTTP/1.1 408 ";
    size_t begin = 0;

    for (size_t i = 0; i < c->n && c->ends[i] <= from; i++)
        begin = c->ends[i];
    if (c->heard.n - begin < strlen(says))
        return memcmp(c->heard.chars + begin, says, c->heard.n - begin) == 0;
    return memcmp(c->heard.chars + begin, says, strlen(says)) == 0;
}

static void look_at_runs(const struct client *c, size_t whole, bool all)
{
    for (size_t n = 0; n < c->n; n++)
        if (c->runs[n] > 1)
            complain("a page runs %d times for one request", c->runs[n]);
        else if (c->runs[n] == 0 && (n < whole || all))
            complain("a request is answered without its page");
}

/* all: it must have heard all. ended: it was not told why not. */
static void look_at_heard(struct client *c, bool all, bool ended)
{
    bool closed = take_last_out(&c->heard), slow;
    size_t same, whole;

    if (take_last_out(&c->heard))
        complain("two answers say that they are the last");
    take_begin_out(&c->heard);
    same = agree(c);
    whole = whole_in(c, same);
    slow = same < c->heard.n && is_told_that_it_is_slow(c, same);
    if (same < c->heard.n && (all || !slow))
        complain("a client hears something else than it should, at %zu:\n%.*s",
                 same, (int)c->heard.n, c->heard.chars);
    if (all && whole < c->n && !closed)
        complain("a client hears %zu answers of %zu", whole, c->n);
    if (ended && !slow && whole < c->n && same != (whole > 0
                                                   ? c->ends[whole - 1] : 0))
        complain("a client takes a part of an answer for all");
    look_at_runs(c, whole, all && !closed);
}

/* Good: it has nothing to fail of. */
static void end_client(struct client *c, bool good)
{
    const flow_value *outcome = outcome_of_visit(&c->visit);
    bool failed = outcome != NULL && flow_is_failure(*outcome);

    if (failed && good)
        complain("a client fails: %s", flow_message(outcome));
    look_at_heard(c, good && !c->visit.left, !c->visit.left && !failed);
    end_visit(&c->visit);
    free(c->asked.chars);
    free(c->heard.chars);
    free(c->wanted.chars);
}

/* ---- Worlds -------------------------------------------------------------- */
struct draining { flow_task task; flow_site *site; };

static void drain(flow_task *t)
{
    flow_site_drain(((struct draining *)(void *)t)->site);
}

static flow_deferred *begin_service(flow_site *site, bool good)
{
    flow_service_options o = service_in_world(good);

    return flow_serve(SERVER, flow_http, site, &o);
}

static void live(const void *drains, bool good)
{
    flow_host *host = flow_host_here();
    flow_site *site = site_for(good);
    struct draining d = { { .call = drain }, site };
    flow_deferred *service = begin_service(site, good);
    unsigned n = 1 + below(CLIENTS);

    open_pages = 0;
    for (unsigned i = 0; i < n; i++)
        begin_client(i, good);
    if (drains != NULL)
        host->post(host, &d.task, (double)below(100) / 10);
    flow_loop();
    for (unsigned i = 0; i < n; i++)
        end_client(&clients[i], good && drains == NULL);
    end_service(service);
    flow_loop();
    flow_site_release(site);
    if (open_pages > 0)
        complain("%zu pages are not closed", open_pages);
}

int main(int argc, char **argv)
{
    static const struct world worlds[] = {
        { "pages", live, NULL }, { "drained", live, "drained" }
    };

    return run_worlds("http_simulation", worlds,
                      sizeof worlds / sizeof *worlds, argc, argv);
}
