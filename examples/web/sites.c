/* SPDX-License-Identifier: MIT */
/* Several sites that are read at once; the page shows what each of them says as
 * it says so. One that is slow, or not there, holds up nobody.
 *
 *     /sites    /sites?url=/delayed
 *
 * The sites are pages of this server, which it fetches from itself as from any
 * other. Nobody can have it fetch from elsewhere: all that a client can say is
 * a path, and what leads to another place is not followed. */
#include "web.h"

#include <flow/fetch.h>

#include <string.h>

enum {
    SITES = 4,
    PATIENCE = 15,                  /* seconds for one of them              */
    LONGEST = 1 << 20,              /* bytes of one of them                 */
    SHOWN = 200                     /* bytes of a line                      */
};

/* It names itself, so that it never reads itself without end. */
static const char *const headers[] = {
    "Via: 1.1 flow-web", "Connection: close", NULL
};

static const flow_fetch_options options = {
    .headers = headers, .total = PATIENCE, .longest = LONGEST,
    .redirects = -1, .proxy = ""
};

struct reading { const char *path; int number; double begun; };

/* ---- One site ------------------------------------------------------------ */
/* Lines that say something: others are what a page is set in. */
static bool is_said(const flow_value *line)
{
    static const char *const begins[] = {
        "<li>", "<li ", "<tr", "<p>", "<p class=\"s"
    };
    size_t n;
    const char *s = flow_chars(line, &n);

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (n >= strlen(begins[i])
            && memcmp(s, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

/* The text of a line of HTML: a space for each tag. No tag is left in it. */
static size_t text_of(const flow_value *line, char text[SHOWN])
{
    bool in_tag = false;
    size_t n, kept = 0;
    const char *s = flow_chars(line, &n);

    for (size_t i = 0; i < n && kept < SHOWN; i++) {
        in_tag = in_tag || s[i] == '<';
        if (!in_tag)
            text[kept++] = s[i];
        else if (s[i] == '>' && kept > 0 && text[kept - 1] != ' ')
            text[kept++] = ' ';
        in_tag = in_tag && s[i] != '>';
    }
    while (kept > 0 && text[kept - 1] == ' ')
        kept--;
    return kept;
}

/* `text` is HTML. */
static flow_value item(const struct reading *r, const char *text, size_t n)
{
    flow_value path = flow_html(r->path);
    flow_value item = flow_textf(
        "<li class=\"site%d\"><time>%.1f s</time> <b>%.*s</b> %.*s\n",
        r->number, flow_now() - r->begun, (int)path.size,
        flow_chars(&path, NULL), (int)n, text);

    flow_drop(path);
    return item;
}

static void yield_end(flow_gen *self, const struct reading *r)
{
    flow_value error, why;

    if (!flow_catch(self, FLOW_EANY, &error)) {
        flow_yield(self, item(r, "<em>has ended</em>", 18));
        return;
    }
    why = flow_html(flow_textf("%s", flow_message(&error)));
    flow_yield(self, item(r, flow_chars(&why, NULL), why.size));
    flow_drop(why);
    flow_drop(error);
}

static void read_site(flow_gen *self, flow_stage *lines, void *arg)
{
    const struct reading *r = arg;
    char text[SHOWN];

    for (flow_value line; flow_next(self, lines, &line); flow_drop(line))
        if (is_said(&line))
            flow_yield(self, item(r, text, text_of(&line, text)));
    if (!flow_closing(self))
        yield_end(self, r);
}

/* ---- All of them --------------------------------------------------------- */
/* The n-th that is to be read: the one asked for, or some. NULL: no more. */
static const char *path_of(flow_gen *self, flow_request *r, int n)
{
    static const char *const some[SITES] = {
        "/random?count=8", "/joined", "/nowhere", "/delayed"
    };
    const char *via = flow_request_header(r, "Via");
    const char *asked = flow_request_argument(r, "url");

    if (via != NULL && strstr(via, "flow-web") != NULL)
        flow_fail(self, FLOW_EHTTP, 508, "this page does not read itself");
    else if (asked == NULL || *asked == '\0')
        return some[n];
    else if (*asked != '/')
        flow_fail(self, FLOW_EHTTP, 400,
                  "url must be a path of this site, as /delayed");
    else
        return n == 0 ? asked : NULL;
    return NULL;
}

static flow_stage *reading_of(struct reading *r, const struct facts *facts)
{
    flow_value url = flow_textf("http://%s%s", flow_served_at(facts->service),
                                r->path);

    return flow_generate(read_site, flow_lines(flow_fetch_body(
        flow_fetch(url, &options))), r);
}

void sites_page(flow_gen *self, flow_request *r, void *facts)
{
    struct reading readings[SITES];
    flow_stage *each[SITES], *all;
    flow_value line;
    int n;

    for (n = 0; n < SITES; n++) {
        readings[n] = (struct reading){ path_of(self, r, n), n, flow_now() };
        if (readings[n].path == NULL)
            break;
        each[n] = reading_of(&readings[n], facts);
    }
    all = flow_merge(each, (size_t)n);
    begin_page(self, r, "Several sites at once");
    flow_yield(self, "<ul class=\"sites\">\n");
    while (flow_next(self, all, &line) && flow_yield(self, line))
        ;
    flow_yield(self, "</ul>\n");
    end_page(self);
    flow_close(all);
}
