/* SPDX-License-Identifier: MIT */
/* A proxy: a protocol whose other half is another service.
 *
 * What is received goes to the service behind, and what that answers is sent
 * back: one line. As nothing is read before somebody asks for it, a client that
 * stops reading stops the proxy, and that the service behind, which has no end:
 * of all that it could give, only what the kernel's buffers hold is made. */
#include <flow/net.h>
#include <flow/reactor.h>

#include <string.h>

enum { PIECE = 65536, MEGABYTE = 1048576 };

/* ---- Behind ------------------------------------------------------------- */
static size_t made;                         /* bytes                        */

static void give_without_end(flow_gen *self, flow_stage *received, void *arg)
{
    static char zeros[PIECE];

    (void)received;
    (void)arg;
    while (flow_yield(self, flow_bytes(zeros, sizeof zeros)))
        made += sizeof zeros;
}

/* The first line says what is wished: an echo, or much. */
static void behave(flow_gen *self, flow_stage *received, void *arg)
{
    flow_value v;
    bool much = false;

    while (!much && flow_next(self, received, &v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        much = n >= 4 && memcmp(s, "much", 4) == 0;
        flow_yield(self, v);
    }
    if (much)
        give_without_end(self, received, arg);
}

static flow_stage *behaving(flow_stage *received, void *arg)
{
    return flow_generate(behave, received, arg);
}

/* ---- The proxy ---------------------------------------------------------- */
static flow_stage *passing_on(flow_stage *received, void *behind)
{
    return flow_connect(flow_served_at(behind), received, NULL);
}

/* ---- The clients -------------------------------------------------------- */
static void ask(flow_gen *self, flow_stage *source, void *proxy)
{
    const char *at = flow_served_at(proxy);
    flow_stage *echo = flow_connect(at, flow_once(flow_of("hello")), NULL);
    flow_stage *much = flow_connect(at, flow_once(flow_of("much")), NULL);
    size_t seen = 0, heard = 0;
    flow_value v;

    (void)source;
    while (flow_next(self, echo, &v))
        flow_yield(self, v);
    flow_close(echo);

    if (flow_wait(self, much))
        do {                                /* reads nothing, until that is
                                               all that there is            */
            seen = made;
            flow_cooperate(self, 0.1);
        } while (seen != made && made < 256u * MEGABYTE);
    flow_yield(self, seen < 64u * MEGABYTE ? "it has stopped" : "it goes on");
    while (heard < 100u * MEGABYTE && flow_next(self, much, &v)) {
        heard += v.size;
        flow_drop(v);
    }
    flow_yield(self, heard >= 100u * MEGABYTE && made > seen
               ? "100 megabytes later it has gone on" : "it has ended");
    flow_close(much);
}

int main(void)
{
    flow_deferred *behind, *proxy;
    flow_stage *s;

    flow_host_use(flow_uv_host());
    behind = flow_serve("localhost:0", behaving, NULL, NULL);
    proxy = flow_serve("localhost:0", passing_on, behind, NULL);
    s = flow_generate(ask, NULL, proxy);
    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);
    flow_release(proxy);
    flow_release(behind);
    flow_uv_close();
    return 0;
}
