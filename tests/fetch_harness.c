/* SPDX-License-Identifier: MIT */
/* See fetch_harness.h. */
#include "fetch_harness.h"

#include <stdlib.h>
#include <string.h>

/* ---- Pages --------------------------------------------------------------- */
static size_t given, connections;

static const char *or_nothing(const char *s)
{
    return s != NULL ? s : "";
}

static void shown(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_yield(self, flow_textf("%s|%s|%s|%s", flow_request_method(r),
        or_nothing(flow_request_cookie(r, "a")),
        or_nothing(flow_request_header(r, "X-Empty")),
        or_nothing(flow_request_header(r, "User-Agent"))));
}

static void secret(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    if (is(flow_request_header(r, "Authorization"),
           "Basic YW5uYTpzZWNyZXQ="))
        flow_yield(self, "welcome");
    else
        flow_fail(self, FLOW_EHTTP, 401, "who are you?");
}

static void endless(flow_gen *self, flow_request *r, void *arg)
{
    enum { PIECE = 65536 };
    char *chars;
    flow_value piece = flow_buffer(PIECE, &chars);

    (void)r;
    (void)arg;
    if (chars != NULL)
        memset(chars, 'x', PIECE);
    while (flow_yield(self, flow_share(piece)))
        given++;
    flow_drop(piece);
}

static void stuck(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    if (flow_yield(self, "begun"))
        flow_cooperate(self, 1000);
}

size_t endless_given(void)
{
    return given;
}

size_t connections_made(void)
{
    return connections;
}

/* ---- Sites --------------------------------------------------------------- */
void begin_fetching(void)
{
    flow_host_use(flow_uv_host());
}

static flow_stage *counted(flow_stage *received, void *site)
{
    connections++;
    return flow_http(received, site);
}

struct site site(void)
{
    struct site s = { .site = pages() };

    given = connections = 0;
    flow_site_add(s.site, "PATCH /shown", shown, NULL);
    flow_site_add(s.site, "/shown", shown, NULL);
    flow_site_add(s.site, "/stuck", stuck, NULL);
    flow_site_add(s.site, "/secret", secret, NULL);
    flow_site_add(s.site, "/endless", endless, NULL);
    s.service = serving(counted, s.site, &s.port);
    return s;
}

void leave(struct site *s)
{
    served(s->service);
    flow_site_release(s->site);
}

flow_value at(const struct site *s, const char *path)
{
    return flow_textf("http://" HERE ":%d%s", s->port, path);
}

flow_stage *body(const struct site *s, const char *path)
{
    return flow_fetch_body(flow_fetch(at(s, path), NULL));
}

/* ---- Time ---------------------------------------------------------------- */
static flow_host real;                      /* how it is without us         */
static double passed;

static double now_later(flow_host *h)
{
    return real.now(h) + passed;
}

static void post_at_once(flow_host *h, flow_task *t, double seconds)
{
    if (seconds > 1) {
        passed += seconds;
        seconds = 0;
    }
    real.post(h, t, seconds);
}

void time_passes(double seconds)
{
    flow_host *h = flow_host_here();

    if (h->now != now_later) {
        real = *h;
        passed = 0;
        h->now = now_later;
    }
    passed += seconds;
}

void time_flies(void)
{
    time_passes(0);
    flow_host_here()->post = post_at_once;
}

/* ---- Hearing ------------------------------------------------------------- */
static flow_value status_as_text(flow_value v, void *arg)
{
    int status = flow_fetched_status(&v);

    (void)arg;
    if (status == 0)
        return v;
    flow_drop(v);
    return flow_textf("%d ", status);
}

void hears_answer(const char *text, flow_stage *answer)
{
    char wanted[256];

    snprintf(wanted, sizeof wanted, strspn(text, "0123456789") == strlen(text)
             ? "%s " : "%s", text);
    hears(wanted, flow_map(answer, status_as_text, NULL));
}

bool is(const char *s, const char *wanted)
{
    return s != NULL && strcmp(s, wanted) == 0;
}

bool ends_with(const char *s, const char *end)
{
    size_t n = s != NULL ? strlen(s) : 0, m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

void no_proxy(void)
{
    static const char *const names[] = {
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}
