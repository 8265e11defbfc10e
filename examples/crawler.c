/* SPDX-License-Identifier: MIT */
/* A crawler: three workers share a channel of jobs and a channel of results.
 *
 * Fetching is simulated on the virtual clock. A page may fail, and is tried
 * again; it may be too slow, and is given up. A worker sends what went wrong as
 * it sends a page, so that no failure is lost. Four pages are enough: then main
 * lets go of everything, and each flow that is still waiting tidies up. */
#include <flow/flow.h>

static const flow_error_class FETCH[1] = {{ "FetchError", FLOW_EANY }};

struct page {
    const char *url;
    double seconds;             /* how long a fetch of it takes             */
    int failures;               /* how many fetches fail before one works   */
};

static struct page site[] = {
    { "/",        0.3, 0 }, { "/news",    0.5, 1 }, { "/slow",  60.0, 0 },
    { "/broken",  0.1, 9 }, { "/about",   0.4, 0 }, { "/shop",   0.7, 2 },
    { "/contact", 0.2, 0 }, { "/archive", 0.9, 0 }, { "/login",  0.3, 0 },
    { "/legal",   0.3, 0 }, { "/jobs",    0.2, 0 }, { "/map",    0.8, 0 },
};
enum { PAGES = sizeof site / sizeof site[0], WORKERS = 3, ENOUGH = 5 };

/* ---- One page ---------------------------------------------------------- */
static void fetch(flow_gen *self, flow_stage *source, void *arg)
{
    struct page *p = arg;

    (void)source;
    if (!flow_cooperate(self, p->seconds))
        printf("%4.1f  %s: dropped\n", flow_now(), p->url);
    else if (p->failures-- > 0)
        flow_fail(self, FETCH, 503, "%s is busy", p->url);
    else
        flow_yield(self, "page");
}

static flow_stage *try_fetch(void *page)
{
    return flow_within(flow_generate(fetch, NULL, page), 1);
}

/* Gives the page, or says what it failed with: always exactly one value. */
static flow_stage *get(struct page *p)
{
    flow_stage *s = flow_retry(try_fetch, p, FETCH, 2, 0.1);

    return flow_trap(flow_trap(s, FLOW_ETIMEOUT), FETCH);
}

/* ---- The crew ---------------------------------------------------------- */
static void release(void *chan)
{
    flow_chan_release(chan);
}

static void feed(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    flow_cleanup(self, release, arg);
    for (int64_t i = 0; i < PAGES && flow_send(self, arg, flow_int(i)); i++)
        ;
}

static void work(flow_gen *self, flow_stage *jobs, void *arg)
{
    flow_value job, page;

    flow_cleanup(self, release, arg);
    while (flow_next(self, jobs, &job)) {
        struct page *p = &site[job.as.num];
        flow_stage *s = get(p);

        if (flow_next(self, s, &page))
            flow_send(self, arg, flow_tuple(FLOW_VALUES(p->url, page)));
        flow_close(s);
    }
}

int main(void)
{
    flow_chan *jobs = flow_chan_new(2), *results = flow_chan_new(2);
    flow_stage *s = flow_from_chan(results);
    flow_deferred *crew[WORKERS + 1];
    int pages = 0, failures = 0;

    flow_host_use(flow_virtual_host());
    for (int i = 0; i < WORKERS; i++)
        crew[i] = flow_run(flow_generate(work, flow_from_chan(jobs),
                                         flow_chan_hold(results)));
    crew[WORKERS] = flow_run(flow_generate(feed, NULL, jobs));
    flow_chan_release(results);                 /* the workers hold it      */

    for (flow_value v; pages < ENOUGH && flow_block(s, &v);) {
        size_t two;
        if (flow_items(&v, &two)[1].kind == FLOW_ERROR)
            failures++;
        else
            pages++;
        printf("%4.1f  ", flow_now());
        flow_print(stdout, v);
    }
    printf("%4.1f  %d pages, %d failures\n", flow_now(), pages, failures);
    flow_close(s);
    for (int i = 0; i <= WORKERS; i++)
        flow_release(crew[i]);
    return 0;
}
