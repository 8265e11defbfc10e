/* SPDX-License-Identifier: MIT */
/* The news of five papers at once, merged as they come. One of them has nothing
 * to offer, and one takes too long: what the others have is read all the same.
 *
 * The papers are sites of this program's own. So that it prints the same each
 * time, a story is written when so many others have been read. */
#include <flow/fetch.h>
#include <flow/http.h>
#include <flow/reactor.h>

struct story { int after; const char *text; };

static struct paper {
    const char *name;
    double patience;                    /* seconds that we wait for it      */
    struct story stories[2];
    flow_site *site;
    flow_deferred *service;
    const char *missing;
} papers[] = {
    { "Morning Post",   30, {{ 0, "Rain until noon" },
                             { 2, "The bridge is open again" }},
      NULL, NULL, NULL },
    { "Daily Courier",  30, {{ 1, "Bakers ask for less" },
                             { 4, "A cat has come home" }},
      NULL, NULL, NULL },
    { "Evening Star",   30, {{ 3, "Lights seen over the harbour" }},
      NULL, NULL, NULL },
    { "Gazette",        30, {{ 0, NULL }}, NULL, NULL, NULL },
    { "Weekly Herald", 0.3, {{ 1000, "Nobody will read this" }},
      NULL, NULL, NULL },
};
enum { PAPERS = sizeof papers / sizeof *papers };

static int stories_read;

/* ---- The papers ---------------------------------------------------------- */
static void write_stories(flow_gen *self, flow_request *r, void *arg)
{
    struct paper *p = arg;

    if (p->stories[0].text == NULL)
        flow_fail(self, FLOW_EHTTP, 503, "the press is broken");
    flow_answer_header(r, "Content-Type", "text/plain");
    for (int n = 0; n < 2 && p->stories[n].text != NULL; n++) {
        while (stories_read < p->stories[n].after
               && flow_cooperate(self, 0.001))
            ;
        flow_yield(self, flow_textf("%s\n", p->stories[n].text));
    }
}

static void begin(struct paper *p)
{
    p->site = flow_site_new(NULL);
    flow_site_add(p->site, "/news", write_stories, p);
    p->service = flow_serve("127.0.0.1:0", flow_http, p->site, NULL);
}

static void end(struct paper *p)
{
    flow_release(p->service);
    flow_site_release(p->site);
}

/* ---- The reader ---------------------------------------------------------- */
static void read_paper(flow_gen *self, flow_stage *lines, void *arg)
{
    struct paper *p = arg;
    flow_value line, error;

    while (flow_next(self, lines, &line)) {
        flow_yield(self, flow_textf("%s: %.*s", p->name, (int)line.size,
                                    flow_chars(&line, NULL)));
        flow_drop(line);
    }
    if (flow_catch(self, FLOW_ESTATUS, &error))
        p->missing = "has no news";
    else if (flow_catch(self, FLOW_ETIMEOUT, &error))
        p->missing = "takes too long";
    else
        return;
    flow_drop(error);
}

static flow_stage *news_of(struct paper *p)
{
    flow_value url = flow_textf("http://%s/news", flow_served_at(p->service));
    flow_stage *answer = flow_fetch(url, &(flow_fetch_options){
        .total = p->patience, .proxy = ""
    });

    return flow_generate(read_paper, flow_lines(flow_fetch_body(answer)), p);
}

int main(void)
{
    flow_stage *each[PAPERS], *all;

    flow_host_use(flow_uv_host());
    for (int n = 0; n < PAPERS; n++) {
        begin(&papers[n]);
        each[n] = news_of(&papers[n]);
    }
    all = flow_merge(each, PAPERS);
    for (flow_value story; flow_block(all, &story); stories_read++)
        flow_print(stdout, story);
    if (flow_failure(all) != NULL)
        flow_print_trace(stderr, flow_failure(all));
    flow_close(all);
    for (int n = 0; n < PAPERS; n++) {
        if (papers[n].missing != NULL)
            printf("The %s %s.\n", papers[n].name, papers[n].missing);
        end(&papers[n]);
    }
    flow_uv_close();
    return 0;
}
