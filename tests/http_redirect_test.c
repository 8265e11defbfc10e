/* SPDX-License-Identifier: MIT */
/* Redirects, and text in HTML: whatever a client has put into them. */
#include "http_pages.h"

#include <string.h>

#define HOST "Host: here\r\n\r\n"

/* ---- Redirects ----------------------------------------------------------- */
static int status;

static void redirect(flow_gen *self, flow_request *r, void *to)
{
    flow_answer_redirect(self, r, status, to);
}

static flow_site *redirecting(int with, const char *to)
{
    flow_site *site = flow_site_new(NULL);

    status = with;
    flow_site_add(site, "/", redirect, (void *)(uintptr_t)to);
    return site;
}

static void leads_to(const char *location, const char *to)
{
    char wanted[512];

    snprintf(wanted, sizeof wanted, "HTTP/1.1 303 See Other|Location: %s|"
             "Content-Type: text/html; charset=utf-8|", location);
    answers_from_with(redirecting(303, to), wanted, "GET / HTTP/1.1\r\n" HOST);
}

static void leads_nowhere(int with, const char *to)
{
    answers_from_with(redirecting(with, to), "HTTP/1.1 500",
                      "GET / HTTP/1.1\r\n" HOST);
    CHECK(strstr(reports(), "redirect") != NULL);
}

TEST(a_redirect_has_a_page_with_a_link)
{
    answers_from(redirecting(301, "/new?a=1&b=2"),
                 "HTTP/1.1 301 Moved Permanently|Location: /new?a=1&b=2|"
                 "Content-Type: text/html; charset=utf-8|Content-Length: 110||"
                 "<!DOCTYPE html>|<title>Moved Permanently</title>|"
                 "<p>It is at <a href=\"/new?a=1&amp;b=2\">"
                 "/new?a=1&amp;b=2</a>.|", "GET / HTTP/1.1\r\n" HOST);
}

TEST(only_five_statuses_redirect)
{
    static const int good[] = { 301, 302, 303, 307, 308 };
    static const int bad[] = { 0, 200, 300, 304, 305, 306, 309, 404, 3030 };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char wanted[32];

        snprintf(wanted, sizeof wanted, "HTTP/1.1 %d ", good[i]);
        answers_from_with(redirecting(good[i], "/a"), wanted,
                          "GET / HTTP/1.1\r\n" HOST);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        leads_nowhere(bad[i], "/a");
}

TEST(a_redirect_escapes_what_must_be_and_keeps_escapes)
{
    leads_to("/a%20b%22%3C%3E", "/a b\"<>");
    leads_to("/%C3%A9?q=%C3%A9#f", "/\xc3\xa9?q=\xc3\xa9#f");
    leads_to("/100%25/%2f%25zz", "/100%/%2f%zz");
    leads_to("/%7C%5E%60%7B%7D", "/|^`{}");
}

TEST(a_redirect_may_lead_beside_its_page_or_to_another_site)
{
    leads_to("?page=2", "?page=2");
    leads_to("next", "next");
    leads_to("../up", "../up");
    leads_to("./a:b", "./a:b");
    leads_to("http://example.org/", "http://example.org/");
    leads_to("HTTPS://[::1]:8443/a", "HTTPS://[::1]:8443/a");
}

/* As browsers would read them. */
TEST(what_begins_with_a_slash_never_leads_to_another_site)
{
    leads_nowhere(303, "//evil.example");
    leads_nowhere(303, "///evil.example");
    leads_nowhere(303, "/\t/evil.example");
    leads_nowhere(303, "\t//evil.example");
    leads_to("/%5Cevil.example", "/\\evil.example");
    leads_to("/%5C/evil.example", "/\\/evil.example");
    leads_to("%20//evil.example", " //evil.example");
    leads_to("%5C%5Cevil.example", "\\\\evil.example");
}

/* As CVE-2022-39348. */
TEST(a_redirect_runs_no_program_and_adds_no_header)
{
    leads_nowhere(303, "javascript:alert(1)");
    leads_nowhere(303, "data:text/html,x");
    leads_nowhere(303, "/a\r\nSet-Cookie: a=b");
    leads_nowhere(303, "/a\nb");
    leads_nowhere(303, "/a\x7f");
    leads_nowhere(303, "");
    answers_from(redirecting(302, "/'><script>"),
                 "HTTP/1.1 302 Found|Location: /'%3E%3Cscript%3E|"
                 "Content-Type: text/html; charset=utf-8|Content-Length: 108||"
                 "<!DOCTYPE html>|<title>Found</title>|"
                 "<p>It is at <a href=\"/&#39;%3E%3Cscript%3E\">"
                 "/&#39;%3E%3Cscript%3E</a>.|", "GET / HTTP/1.1\r\n" HOST);
}

/* ---- HTML ---------------------------------------------------------------- */
static void as_html(const char *wanted, flow_value escaped)
{
    size_t n;
    const char *s = flow_chars(&escaped, &n);

    CHECK(escaped.kind == FLOW_TEXT && n == strlen(wanted)
          && memcmp(s, wanted, n) == 0);
    flow_drop(escaped);
}

TEST(text_in_html_is_nothing_but_text)
{
    as_html("&lt;a href=&quot;&#39;&amp;amp;&#39;&quot;&gt;",
            flow_html("<a href=\"'&amp;'\">"));
    as_html("plain \xc3\xa9", flow_html("plain \xc3\xa9"));
    as_html("", flow_html(""));
    as_html("1 &lt; 2", flow_html(flow_textf("%d < %d", 1, 2)));
    as_html("&amp;", flow_html(flow_bytes("&", 1)));
}

TEST(what_is_no_text_cannot_be_html)
{
    expect("!Invalid: only text can be written as HTML",
           flow_once(flow_html(3)));
    expect("!Format: its own", flow_once(flow_html(
        flow_error(FLOW_EFORMAT, 0, "its own"))));
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_redirect_has_a_page_with_a_link),
        CASE(only_five_statuses_redirect),
        CASE(a_redirect_escapes_what_must_be_and_keeps_escapes),
        CASE(a_redirect_may_lead_beside_its_page_or_to_another_site),
        CASE(what_begins_with_a_slash_never_leads_to_another_site),
        CASE(a_redirect_runs_no_program_and_adds_no_header),
        CASE(text_in_html_is_nothing_but_text),
        CASE(what_is_no_text_cannot_be_html),
    };

    return run_tests("http_redirect", tests, sizeof tests / sizeof *tests);
}
