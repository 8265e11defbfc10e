/* SPDX-License-Identifier: MIT */
/* An access log, minute by minute: from bytes to a report in five stages.
 *
 * A step gives the log in pieces of 37 bytes, cut anywhere; flow_lines mends
 * the lines; a generator parses each into a struct of our own class; a filter
 * drops the robots; an operator written against stage.h gathers each minute. A
 * line that cannot be parsed raises an error of our own class: the generator
 * catches it and sends it along, to be counted, and the flow goes on. */
#include <flow/flow.h>

#include <stdlib.h>
#include <string.h>

static const char access_log[] =
    "12:00:02 ann GET /index.html 200\n" "12:00:05 bob GET /style.css 200\n"
    "12:00:07 robot GET /news 200\n"     "12:00:11 ann GET /news 200\n"
    "12:00:15 cyd GET /index.html 200\n" "12:00:15 cyd GET /icon.png 404\n"
    "12:00:49 bob GET /home 200\n"       "-- rotated by cron --\n"
    "12:01:03 ann GET /news 200\n"       "12:01:04 dan GET /index.html 200\n"
    "12:01:09 dan GET /news 500\n"       "12:01:12 dan GET /news 500\n"
    "12:01:20 robot GET /news 500\n"     "12:01:31 eve GET /news 403\n"
    "12:01:34 eve GET /admin 403\n"      "12:01:35 eve GET\n"
    "12:01:40 cyd GET /index.html 200\n" "12:03:00 bob GET /home 200\n"
    "12:03:10 bob GET /logout 302\n"     "12:03:30 ann GET /news 200\n"
    "12:03:41 fay GET /index.html 200\n" "12:03:55 fay GE"; /* cut short    */

static const flow_error_class BAD_LINE[1] = {{ "BadLine", FLOW_EFORMAT }};

struct hit {
    char minute[8], who[16], path[24];
    int status;
};
static const flow_class HIT[1] = {{ .name = "hit", .release = free }};

static flow_status pieces(void *state, flow_stage *out)
{
    size_t *at = state, left = sizeof access_log - 1 - *at;
    size_t n = left < 37 ? left : 37;

    flow_give(out, flow_bytes(access_log + *at, n));
    *at += n;
    return n < left ? FLOW_READY : FLOW_DONE;
}

/* The line as a boxed hit, or a BAD_LINE. */
static flow_value hit_of(const flow_value *line)
{
    struct hit *h = malloc(sizeof *h);
    char text[80];
    size_t len;
    const char *chars = flow_chars(line, &len);

    if (h == NULL)
        return flow_error(FLOW_ENOMEM, 0, "a hit");
    snprintf(text, sizeof text, "%.*s", (int)len, chars);
    if (sscanf(text, "%5[0-9:]:%*d %15s %*s %23s %d", h->minute, h->who,
               h->path, &h->status) == 4)
        return flow_box(HIT, h);
    free(h);
    return flow_error(BAD_LINE, 0, "'%s'", text);
}

static void parse(flow_gen *self, flow_stage *lines, void *arg)
{
    flow_value line, error;

    (void)arg;
    while (flow_next(self, lines, &line)) {
        flow_yield(self, hit_of(&line));        /* raises, if it is bad ... */
        flow_drop(line);
        if (flow_catch(self, BAD_LINE, &error))
            flow_yield(self, error);            /* ... and now only tells   */
    }
}

static bool by_a_person(const flow_value *v, void *arg)
{
    const struct hit *h = flow_unbox(v, HIT);

    (void)arg;
    return strcmp(h->who, "robot") != 0;
}

/* An operator: a line for each minute, as soon as it is over. */
struct minutes {
    flow_stage *source;
    char minute[8];
    int hits, errors;
};

static void tell(struct minutes *m, flow_stage *out)
{
    if (m->hits > 0)
        flow_give(out, flow_textf("%s  %d hits, %d failed", m->minute, m->hits,
                                  m->errors));
    m->hits = m->errors = 0;
}

static flow_status minutes_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct minutes *m = self;
    flow_value v;
    flow_status st = flow_pull(m->source, w, &v);

    if (st == FLOW_DONE || st == FLOW_FAILED)
        tell(m, out);
    if (st != FLOW_READY)
        return flow_pass(out, st, v);

    const struct hit *h = flow_unbox(&v, HIT);
    if (h == NULL) {                            /* a bad line passes by     */
        flow_give(out, v);
        return FLOW_READY;
    }
    if (strcmp(h->minute, m->minute) != 0)
        tell(m, out);
    memcpy(m->minute, h->minute, sizeof m->minute);
    m->hits++;
    m->errors += h->status >= 400;
    flow_drop(v);
    return FLOW_READY;
}

static const flow_type minutes_type = {
    .name = "minutes", .size = sizeof(struct minutes), .fill = minutes_fill,
    .inputs = flow_first_input
};

/* Counts the path of a hit in the table `arg`, and lets the hit pass. */
struct count { char path[24]; int hits; };

static flow_value count_path(flow_value v, void *arg)
{
    const struct hit *h = flow_unbox(&v, HIT);
    struct count *c = arg;

    while (c->hits > 0 && strcmp(c->path, h->path) != 0)
        c++;
    memcpy(c->path, h->path, sizeof c->path);
    c->hits++;
    return v;
}

static int most_first(const void *a, const void *b)
{
    const struct count *x = a, *y = b;

    return x->hits != y->hits ? y->hits - x->hits : strcmp(x->path, y->path);
}

int main(void)
{
    size_t at = 0, bad = 0;
    struct count top[32] = { 0 };        /* more than the log has paths */
    flow_stage *s = flow_iterate(pieces, &at);

    s = flow_generate(parse, flow_lines(s), NULL);
    s = flow_map(flow_filter(s, by_a_person, NULL), count_path, top);
    s = flow_stage_new(&minutes_type, &(struct minutes){ .source = s });
    for (flow_value v; flow_block(s, &v);) {
        bad += flow_is(&v, BAD_LINE);
        flow_print(stdout, v);
    }
    if (flow_failure(s) != NULL)
        flow_print_trace(stderr, flow_failure(s));
    flow_close(s);

    qsort(top, 32, sizeof top[0], most_first);
    printf("%zu lines are bad; the most wanted:\n", bad);
    for (int i = 0; i < 3; i++)
        printf("%5d  %s\n", top[i].hits, top[i].path);
    return 0;
}
