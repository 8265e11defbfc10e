/* SPDX-License-Identifier: MIT */
/* A page that takes an album: a title, and pictures, of which it counts the
 * bytes as they come. Whatever a part is long, no more of it is held than a
 * piece. The page asks itself, in memory. */
#include <flow/http.h>

#include <string.h>

/* ---- The page ------------------------------------------------------------ */
/* What is to be done with a file; here nothing but counting. */
static size_t store(flow_gen *self, flow_stage *bytes)
{
    size_t n = 0;

    for (flow_value v; flow_next(self, bytes, &v); flow_drop(v))
        n += v.size;
    flow_close(bytes);
    return n;
}

static void album(flow_gen *self, flow_request *r, void *arg)
{
    const char *title = "";
    unsigned pictures = 0;
    size_t bytes = 0;
    flow_part *part;

    (void)arg;
    flow_request_allow(r, 1000);            /* instead of a mebibyte        */
    while ((part = flow_request_next_part(self, r)) != NULL)
        if (strcmp(flow_part_name(part), "title") == 0) {
            title = flow_part_text(self, part);
            if (title == NULL)
                return;
        } else if (flow_part_filename(part) != NULL) {
            printf("    (a file that is called %s)\n",
                   flow_part_filename(part));
            bytes += store(self, flow_part_body(part));
            pictures++;
        }
    flow_answer_header(r, "Content-Type", "text/plain");
    flow_yield(self, flow_textf("The album %s has %u pictures of %zu bytes.\n",
                                title, pictures, bytes));
}

/* ---- Asking -------------------------------------------------------------- */
static flow_value request_of(const char *body)
{
    return flow_textf("POST /album HTTP/1.1\r\n"
                      "Host: localhost\r\n"
                      "Content-Type: multipart/form-data; boundary=edge\r\n"
                      "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

/* The status, and what is behind the head. */
static void print_answer(const char *s, size_t n)
{
    const char *end = s + n;
    const char *line = memchr(s, '\r', n), *page = memmem(s, n, "\r\n\r\n", 4);

    printf("    %.*s\n    %.*s", (int)(line - s), s, (int)(end - page - 4),
           page + 4);
}

static void ask(flow_site *site, const char *what, const char *body)
{
    flow_stage *answer = flow_join(flow_http(flow_once(request_of(body)), site),
                                   10000);
    flow_value v;

    printf("%s\n", what);
    if (flow_block(answer, &v)) {
        size_t n;
        const char *s = flow_chars(&v, &n);

        print_answer(s, n);
        flow_drop(v);
    }
    flow_close(answer);
}

#define TITLE                                                                \
    "--edge\r\n"                                                             \
    "Content-Disposition: form-data; name=\"title\"\r\n\r\n"
#define PICTURE(filename)                                                    \
    "--edge\r\n"                                                             \
    "Content-Disposition: form-data; name=\"picture\"; filename=\""          \
    filename "\"\r\n"                                                        \
    "Content-Type: image/png\r\n\r\n"

int main(void)
{
    flow_site *site = flow_site_new(NULL);
    char large[2000];

    snprintf(large, sizeof large,
             PICTURE("large.png") "%01000d\r\n--edge--", 0);
    flow_site_add(site, "POST /album", album, NULL);
    ask(site, "Two pictures, of which one says that it belongs elsewhere:",
        TITLE "James & Wendy\r\n"
        PICTURE("wendy.png") "\x89PNG (not really)\r\n"
        PICTURE("../../../etc/passwd") "--edge is not at the begin of a line, "
                                       "and --\r\n--edg is none\r\n"
        "--edge--\r\n");
    ask(site, "One that is too large:", large);
    ask(site, "One that is cut off:",
        TITLE "Cut off\r\n" PICTURE("wendy.png") "\x89PNG");
    ask(site, "One without a name:",
        "--edge\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--edge--\r\n");
    flow_site_release(site);
    return 0;
}
