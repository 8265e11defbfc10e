/* SPDX-License-Identifier: MIT */
/* A folder as a site, beside a page and a redirect.
 *
 *     web_files :8081 docs    serves docs at http://localhost:8081/files/
 *
 * Without arguments it makes a folder, and asks itself: for a file, for a part
 * of it, for it again, and for what is not in the folder. */
#include <flow/file.h>
#include <flow/http.h>
#include <flow/reactor.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void front(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    flow_answer_redirect(self, r, 302, "/files/");
}

static void hello(flow_gen *self, flow_request *r, void *arg)
{
    const char *name = flow_request_argument(r, "name");

    (void)arg;
    flow_yield(self, "<p>Hello ");
    flow_yield(self, flow_html(name != NULL ? name : "you"));
    flow_yield(self, "!\n");
}

static flow_site *site_of(const char *folder)
{
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "/", front, NULL);
    flow_site_add(site, "/hello", hello, NULL);
    flow_site_add_files(site, "/files/*", folder);
    return site;
}

/* ---- Asking itself ------------------------------------------------------- */
static char tag[80];

/* But for what is different each time; the tag is kept. */
static void print_line(flow_value line)
{
    size_t n;
    const char *s = flow_chars(&line, &n);

    n -= n > 0 && s[n - 1] == '\r';
    if (n == 0)
        printf("\n");
    else if (n > 6 && memcmp(s, "ETag: ", 6) == 0)
        snprintf(tag, sizeof tag, "%.*s", (int)n - 6, s + 6);
    else if ((n < 6 || memcmp(s, "Date: ", 6) != 0)
             && (n < 15 || memcmp(s, "Last-Modified: ", 15) != 0))
        printf("    %.*s\n", (int)n, s);
    flow_drop(line);
}

static void ask(flow_site *site, const char *target, const char *header)
{
    flow_value request = flow_textf("GET %s HTTP/1.1\r\nHost: localhost\r\n%s"
                                    "\r\n", target, header);
    flow_stage *answer = flow_lines(flow_http(flow_once(request), site));

    printf("%s\n", target);
    for (flow_value line; flow_block(answer, &line);)
        print_line(line);
    if (flow_failure(answer) != NULL)
        flow_print_trace(stderr, flow_failure(answer));
    flow_close(answer);
}

static void ask_all(flow_site *site)
{
    char header[128];

    ask(site, "/", "");
    ask(site, "/files/", "");
    snprintf(header, sizeof header, "If-None-Match: %s\r\n", tag);
    ask(site, "/files/", header);
    ask(site, "/files/letters.txt", "Range: bytes=23-\r\n");
    ask(site, "/files/letters.txt", "Range: bytes=26-\r\n");
    ask(site, "/files/.secret", "");
    ask(site, "/files/..%2fsecret", "");
    ask(site, "/hello?name=%3Cscript%3E", "");
}

static void write_file(const char *name, const char *text)
{
    flow_drop(flow_block_all(flow_write_file(name, flow_once(flow_of(text)))));
}

static void ask_itself(void)
{
    char folder[] = "/tmp/web_files.XXXXXX";
    flow_site *site = site_of(".");

    if (mkdtemp(folder) != NULL && chdir(folder) == 0) {
        write_file("index.html", "<p>See <a href=letters.txt>here</a>\n");
        write_file("letters.txt", "abcdefghijklmnopqrstuvwxyz");
        write_file(".secret", "a secret");
        ask_all(site);
        unlink("index.html");
        unlink("letters.txt");
        unlink(".secret");
        rmdir(folder);
    }
    flow_site_release(site);
}

static void serve(const char *at, const char *folder)
{
    flow_site *site = site_of(folder);
    flow_deferred *service = flow_serve(at, flow_http, site, NULL);

    flow_loop();
    flow_release(service);
    flow_site_release(site);
}

int main(int argc, char **argv)
{
    flow_host_use(flow_uv_host());
    if (argc == 3)
        serve(argv[1], argv[2]);
    else
        ask_itself();
    flow_uv_close();
    return 0;
}
