/* SPDX-License-Identifier: MIT */
/* A page that greets by a form, one that counts what is uploaded without ever
 * holding it, and one that fails. A server makes bytes of bytes, so that it can
 * be tried without a socket: here is all that it answers, but the date. */
#include <flow/http.h>

#include <string.h>

static void greet(flow_gen *self, flow_request *r, void *arg)
{
    const char *name;

    (void)arg;
    if (!flow_request_form(self, r))
        return;
    name = flow_request_argument(r, "name");
    if (name == NULL) {
        flow_fail(self, FLOW_EHTTP, 422, "who are you?");
        return;
    }
    flow_answer_header(r, "Content-Type", "text/plain");
    flow_answer_header(r, "Set-Cookie", "greeted=yes; HttpOnly");
    flow_yield(self, flow_textf("Hello %s!\n", name));
}

static void upload(flow_gen *self, flow_request *r, void *arg)
{
    flow_stage *body = flow_request_body(r);
    size_t bytes = 0;

    (void)arg;
    for (flow_value v; flow_next(self, body, &v); flow_drop(v))
        bytes += v.size;
    flow_close(body);
    flow_answer_status(r, 201);
    flow_yield(self, flow_textf("%s has %zu bytes\n", flow_request_rest(r),
                                bytes));
}

static void print_but_date(flow_value line)
{
    size_t n;
    const char *s = flow_chars(&line, &n);

    n -= n > 0 && s[n - 1] == '\r';
    if (n == 0)
        printf("\n");
    else if (n < 6 || memcmp(s, "Date: ", 6) != 0)
        printf("    %.*s\n", (int)n, s);
    flow_drop(line);
}

static void ask(flow_site *site, const char *what, const char *request)
{
    flow_stage *answer = flow_lines(flow_http(flow_once(flow_of(request)),
                                              site));

    printf("%s\n", what);
    for (flow_value line; flow_block(answer, &line);)
        print_but_date(line);
    flow_close(answer);
}

int main(void)
{
    flow_site *site = flow_site_new(NULL);

    flow_site_add(site, "POST /greet", greet, NULL);
    flow_site_add(site, "PUT /files/*", upload, NULL);

    ask(site, "A form:",
        "POST /greet HTTP/1.1\r\n"
        "Host: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 22\r\n\r\n"
        "name=James%20and+Wendy");
    ask(site, "One without a name:",
        "POST /greet HTTP/1.1\r\n"
        "Host: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 3\r\n\r\n"
        "a=b");
    ask(site, "An upload in chunks:",
        "PUT /files/notes.txt HTTP/1.1\r\n"
        "Host: localhost\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
        "5\r\nHello\r\n7\r\n, world\r\n0\r\n\r\n");
    ask(site, "Two requests at once, of which one is not allowed:",
        "GET /greet HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "PUT /files/%2e%2e/passwords HTTP/1.1\r\nHost: localhost\r\n\r\n");
    flow_site_release(site);
    return 0;
}
