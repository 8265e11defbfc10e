/* SPDX-License-Identifier: MIT */
/* Random numbers on a page, each after a pause of its own: many browsers see
 * theirs grow at the same time.
 *
 *     web_random :8081        serves http://localhost:8081/?count=5
 *
 * Without an argument it asks itself, twice at once. */
#include <flow/http.h>
#include <flow/reactor.h>

#include <stdlib.h>

/* The same ones each time. */
static unsigned draw(unsigned *state)
{
    *state = *state * 1103515245 + 12345;
    return *state >> 16 & 0x7fff;
}

static void numbers(flow_gen *self, flow_request *r, void *arg)
{
    const char *given = flow_request_argument(r, "count");
    int count = given != NULL ? atoi(given) : 30;
    unsigned state = (unsigned)count;

    (void)arg;
    flow_yield(self, flow_textf("<html><body>%d random numbers: <ol>\n",
                                count));
    while (count-- > 0) {
        unsigned n = draw(&state);

        flow_cooperate(self, n * 1e-6);
        if (!flow_yield(self, flow_textf("<li>%05u</li>\n", n)))
            return;
    }
    flow_yield(self, "</ol></body></html>\n");
}

/* ---- Asking itself ------------------------------------------------------- */
static flow_stage *ask(flow_deferred *service, const char *request)
{
    return flow_join(flow_connect(flow_served_at(service),
                                  flow_once(flow_of(request)), NULL), 10000);
}

static void print_page(flow_value answer)
{
    size_t n, at = 0;
    const char *s = flow_chars(&answer, &n);

    while (at + 4 <= n && s[at] != '<')     /* the head has none            */
        at++;
    printf("%.*s\n", (int)(n - at), s + at);
    flow_drop(answer);
}

static void ask_twice(flow_deferred *service)
{
    flow_stage *both = flow_zip(FLOW_STAGES(
        ask(service, "GET /?count=3 HTTP/1.0\r\n\r\n"),
        ask(service, "GET /?count=2 HTTP/1.0\r\n\r\n")));
    flow_value pages;

    if (flow_block(both, &pages)) {
        print_page(flow_share(flow_items(&pages, NULL)[0]));
        print_page(flow_share(flow_items(&pages, NULL)[1]));
        flow_drop(pages);
    }
    if (flow_failure(both) != NULL)
        flow_print_trace(stderr, flow_failure(both));
    flow_close(both);
}

int main(int argc, char **argv)
{
    flow_site *site = flow_site_new(NULL);
    flow_deferred *service;

    flow_host_use(flow_uv_host());
    flow_site_add(site, "/", numbers, NULL);
    service = flow_serve(argc > 1 ? argv[1] : "127.0.0.1:0", flow_http, site,
                         NULL);
    if (argc > 1)
        flow_loop();
    else
        ask_twice(service);
    flow_release(service);
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
