/* SPDX-License-Identifier: MIT */
/* Fetching in TLS, and through a proxy that cannot look inside. */
#include "fetch_harness.h"
#include "tls_harness.h"

#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Sites in TLS -------------------------------------------------------- */
struct safe { struct sides sides; flow_site *site; flow_deferred *service;
              int port; };

/* Serves as who it says it is. */
static void begin(struct safe *s, enum who who)
{
    const struct identity *own = identity(who);

    *s = (struct safe){ .site = pages() };
    s->sides = sides_with(NULL, &(flow_tls_options){
        .chain = own->chain, .key = own->key });
    s->sides.protocol = flow_http;
    s->sides.arg = s->site;
    s->service = serving(secured, &s->sides, &s->port);
}

static void end(struct safe *s)
{
    reports();
    served(s->service);
    flow_site_release(s->site);
    part(&s->sides);
}

static flow_value safe_url(const struct safe *s, const char *host)
{
    return flow_textf("https://%s:%d/hello", host, s->port);
}

static flow_stage *safe_body(const struct safe *s, const char *host,
                             const char *authorities)
{
    return flow_fetch_body(flow_fetch(safe_url(s, host), &(flow_fetch_options){
        .authorities = authorities }));
}

static void hears_safely(const char *wanted, enum who who, const char *host,
                         const char *authorities)
{
    struct safe s;

    begin(&s, who);
    hears(wanted, safe_body(&s, host, authorities));
    end(&s);
}

/* ---- Trust --------------------------------------------------------------- */
TEST(a_page_is_fetched_in_tls)
{
    hears_safely("hello", LOCALHOST, "localhost", identity(AUTHORITY)->chain);
    hears_safely("hello", LOCALHOST, HERE, identity(AUTHORITY)->chain);
}

TEST(authorities_may_be_in_a_file)
{
    char name[] = "/tmp/flow-authority-XXXXXX";
    const char *pem = identity(AUTHORITY)->chain;
    size_t n = strlen(pem);
    int fd = mkstemp(name);

    CHECK(fd >= 0 && write(fd, pem, n) == (ssize_t)n);
    close(fd);
    hears_safely("hello", LOCALHOST, "localhost", name);
    unlink(name);
    hears_safely("!FetchError", LOCALHOST, "localhost", name);
}

TEST(who_is_not_believed_is_told_nothing)
{
    hears_safely("!UntrustedError", LOCALHOST, "localhost", NULL);
    hears_safely("!UntrustedError", STRANGER, "localhost",
                 identity(AUTHORITY)->chain);
    hears_safely("!UntrustedError", EXPIRED, "localhost",
                 identity(AUTHORITY)->chain);
    hears_safely("!UntrustedError", ALICE, "localhost",
                 identity(AUTHORITY)->chain);
}

TEST(a_failure_of_trust_tells_the_reason)
{
    struct safe s;
    flow_stage *page;
    flow_value v;

    begin(&s, EXPIRED);
    page = safe_body(&s, "localhost", identity(AUTHORITY)->chain);
    CHECK(!flow_block(page, &v));
    CHECK(flow_failure(page) != NULL
          && flow_is(flow_failure(page), FLOW_EFETCH)
          && flow_code(flow_failure(page)) == X509_V_ERR_CERT_HAS_EXPIRED
          && strstr(flow_message(flow_failure(page)), "expired") != NULL);
    flow_close(page);
    end(&s);
}

TEST(anyone_may_be_believed_for_trials)
{
    struct safe s;

    begin(&s, STRANGER);
    hears("hello", flow_fetch_body(flow_fetch(safe_url(&s, "localhost"),
        &(flow_fetch_options){ .unverified = true })));
    end(&s);
}

/* ---- Ends ---------------------------------------------------------------- */
static flow_stage *says_a_part(flow_stage *received, void *arg)
{
    (void)arg;
    flow_close(received);
    return saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
}

TEST(a_body_that_is_cut_off_in_tls_is_a_failure)
{
    struct safe s;

    begin(&s, LOCALHOST);
    s.sides.protocol = says_a_part;
    hears("abc!FetchError", safe_body(&s, "localhost",
                                      identity(AUTHORITY)->chain));
    s.sides.lies_between = without_goodbye;
    hears("abc!FetchError", safe_body(&s, "localhost",
                                      identity(AUTHORITY)->chain));
    end(&s);
}

/* ---- A proxy ------------------------------------------------------------- */
static size_t asked_of_proxy;

/* The head comes in one piece, perhaps with what follows it. */
static void leaves_head_out(flow_gen *self, flow_stage *received, void *arg)
{
    const char *s, *end;
    size_t n;
    flow_value v;

    (void)arg;
    if (!flow_next(self, received, &v))
        return;
    s = flow_chars(&v, &n);
    end = memmem(s, n, "\r\n\r\n", 4);
    asked_of_proxy += strncmp(s, "CONNECT ", 8) == 0;
    if (end != NULL)
        flow_yield(self, flow_slice(&v, (size_t)(end + 4 - s), n));
    flow_drop(v);
    while (flow_next(self, received, &v))
        flow_yield(self, v);
}

static flow_stage *proxy(flow_stage *received, void *safe)
{
    flow_stage *rest = flow_generate(leaves_head_out, received, NULL);

    return flow_concat(FLOW_STAGES(
        saying("HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n"),
        connecting(((struct safe *)safe)->port, rest)));
}

TEST(a_proxy_leads_to_a_page_in_tls)
{
    struct safe s;
    flow_deferred *service;
    char at[64];
    int port;

    begin(&s, LOCALHOST);
    asked_of_proxy = 0;
    service = serving(proxy, &s, &port);
    snprintf(at, sizeof at, "http://" HERE ":%d", port);
    hears_answer("200 hello", flow_fetch(safe_url(&s, "localhost"),
        &(flow_fetch_options){
            .authorities = identity(AUTHORITY)->chain, .proxy = at }));
    CHECK(asked_of_proxy == 1);
    flow_outcome(service);
    flow_release(service);
    end(&s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_page_is_fetched_in_tls),
        CASE(authorities_may_be_in_a_file),
        CASE(who_is_not_believed_is_told_nothing),
        CASE(a_failure_of_trust_tells_the_reason),
        CASE(anyone_may_be_believed_for_trials),
        CASE(a_body_that_is_cut_off_in_tls_is_a_failure),
        CASE(a_proxy_leads_to_a_page_in_tls),
    };

    no_proxy();
    return run_tests("fetch_tls", tests, sizeof tests / sizeof *tests);
}
