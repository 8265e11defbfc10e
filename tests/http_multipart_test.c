/* SPDX-License-Identifier: MIT */
/* Forms in parts: in memory, on a virtual clock. The page /upload says what it
 * got as name=body; or name(filename:type)=body; */
#include "http_pages.h"
#include "harness_inside.h"

#include <string.h>

#define HOST "Host: here\r\n\r\n"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_OF(name, filename)                                              \
    "Content-Disposition: form-data; name=\"" name "\"; filename=\""         \
    filename "\"\r\nContent-Type: text/plain\r\n\r\n"
#define NEXT "\r\n--b\r\n"
#define LAST "\r\n--b--\r\n"

/* ---- Asking -------------------------------------------------------------- */
static char request[65536];

static const char *posting(const char *path, const char *type, const char *body)
{
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nContent-Length: %zu\r\nContent-Type: %s\r\n"
             HOST "%s", path, strlen(body), type, body);
    return request;
}

/* What `site` answers begins with the status, and ends with `wanted`. */
static void site_answers(flow_site *site, int status, const char *wanted,
                         flow_stage *asked)
{
    char begin[32];
    const char *got = heard(flow_http(asked, site));
    size_t n = strlen(got), end = strlen(wanted);
    bool right;

    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    right = strncmp(got, begin, strlen(begin)) == 0 && n >= end
         && strcmp(got + n - end, wanted) == 0;
    if (!right && !disturbed())
        fprintf(stderr, "wanted: %d %s\nheard:  %s\n", status, wanted, got);
    CHECK(right);
    flow_site_release(site);
}

static void typed(int status, const char *wanted, const char *type,
                  const char *body)
{
    site_answers(pages(), status, wanted,
                 asking(posting("/upload", type, body), 0));
}

static void takes(const char *wanted, const char *body)
{
    typed(200, wanted, "multipart/form-data; boundary=b", body);
}

static void refuses(int status, const char *why, const char *body)
{
    typed(status, why, "multipart/form-data; boundary=b", body);
}

/* One of that page alone. */
static void page_answers(flow_page *page, int status, const char *wanted,
                         const char *body)
{
    flow_site *site = flow_site_new(&options);

    flow_site_add(site, "POST /", page, NULL);
    site_answers(site, status, wanted, asking(posting(
        "/", "multipart/form-data; boundary=b", body), 0));
}

/* ---- What comes of parts ------------------------------------------------- */
TEST(parts_come_one_after_the_other)
{
    takes("||title=Notes;file(a.txt:text/plain)=one|two;",
          "--b\r\n" FIELD("title") "Notes"
          NEXT FILE_OF("file", "a.txt") "one\r\ntwo" LAST);
}

TEST(a_form_may_have_no_part_and_a_part_no_body)
{
    takes("Content-Length: 0||", "--b--\r\n");
    takes("Content-Length: 0||", "--b--");
    takes("||a=;", "--b\r\n" FIELD("a") LAST);
}

TEST(what_looks_like_a_boundary_is_of_its_part)
{
    takes("||a=--b|-b|--|--B|--b;",
          "--b\r\n" FIELD("a") "--b\n-b\r\n--\r\n--B\r\r\n\r--b" LAST);
    typed(200, "||a=|----a|--|----|;",
          "multipart/form-data; boundary=----aaaa",
          "------aaaa\r\n" FIELD("a") "\r\n----a\r\n--\r\n----\r\n"
          "\r\n------aaaa--");
}

/* At each place at least once, whatever it cuts in two. */
TEST(every_split_of_an_upload_means_the_same)
{
    static const char type[] = "multipart/form-data; boundary=\"a b\"";
    static const char body[] =
        "--a b\r\n" FIELD("a") "\r\n--a \r\n\r\n--a"
        "\r\n--a b\r\n" FILE_OF("f", "g") "\r\r\n\n" "\r\n--a b\r\n" FIELD("e")
        "\r\n--a b--\r\n";
    size_t n = strlen(posting("/upload", type, body));

    for (size_t size = 1; size <= n; size++)
        site_answers(pages(), 200, "||a=|--a ||--a;f(g:text/plain)=||;e=;",
                     asking(posting("/upload", type, body), size));
}

TEST(an_upload_may_come_in_chunks)
{
    static const char begin[] = "--b\r\n" FIELD("a") "12345\r\n--";

    snprintf(request, sizeof request,
             "POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
             "Content-Type: multipart/form-data; boundary=b\r\n" HOST
             "%zx\r\n%s\r\n4\r\nb--\r\r\n1\r\n\n\r\n0\r\n\r\n",
             sizeof begin - 1, begin);
    for (size_t size = 0; request[size] != '\0'; size++)
        site_answers(pages(), 200, "|a=12345;", asking(request, size));
}

/* ---- Names --------------------------------------------------------------- */
TEST(names_are_as_browsers_send_them)
{
    takes("||say \"hi\"(a;\\b=c\".txt:)=1;",
          "--b\r\ncontent-disposition:form-data ; Name=\"say %22hi%22\" ;"
          "FileName=\"a;\\b=c%22.txt\"  \r\n\r\n1" LAST);
    takes("||\xc3\xa4%0d%2(\\:)=2;",
          "--b\r\nContent-Disposition: form-data; filename=\"\\\"; "
          "name=\"\xc3\xa4%0d%2\"\r\n\r\n2" LAST);
    takes("||plain=3;", "--b\r\nX: y\r\nContent-Disposition: FORM-DATA; "
          "name=plain\r\n\r\n3" LAST);
}

/* As much of it as there is memory for before it is copied. */
TEST(a_name_may_fill_its_head)
{
    for (int n = 440; n < 470; n++) {
        char body[600], wanted[600];

        snprintf(body, sizeof body, "--b\r\nContent-Disposition: form-data; "
                 "name=%0*d\r\n\r\n" LAST, n, 0);
        snprintf(wanted, sizeof wanted, "||%0*d=;", n, 0);
        takes(wanted, body);
    }
}

TEST(a_file_that_was_not_chosen_has_an_empty_name)
{
    takes("||file(:text/plain)=;", "--b\r\n" FILE_OF("file", "") LAST);
}

TEST(a_name_of_a_file_in_another_alphabet_is_not_taken_from_elsewhere)
{
    takes("||a=1;", "--b\r\nContent-Disposition: form-data; name=a; "
          "filename*=UTF-8''b\r\n\r\n1" LAST);
}

TEST(a_file_name_is_given_as_it_was_sent)
{
    takes("||a(../../etc/passwd:text/plain)=1;",
          "--b\r\n" FILE_OF("a", "../../etc/passwd") "1" LAST);
}

/* ---- What is refused ----------------------------------------------------- */
TEST(a_body_that_is_not_in_parts_is_refused)
{
    typed(415, "|an upload must be multipart/form-data|", "text/plain", "a");
    typed(415, "|an upload must be multipart/form-data|",
          "multipart/form-dataX; boundary=b", "--b--");
    typed(415, "|an upload must be multipart/form-data|",
          "multipart/mixed; boundary=b", "--b--");
}

#define SEVENTY "abcdefghij" "abcdefghij" "abcdefghij" "abcdefghij"         \
                "abcdefghij" "abcdefghij" "abcdefghij"

TEST(boundaries_are_as_they_must_be)
{
    static const char *const bad[] = {
        "", "; boundary", "; boundary=", "; boundary=\"\"", "; boundary=\"b",
        "; boundary=\"b \"", "; boundary=b c", "; boundary=\"b\\\"\"",
        "; boundary=b; boundary=b", "; boundary=\xc3\xa4", "; boundary=b,c",
        " , boundary=b", "; boundary=" SEVENTY "b", "; boundary=b;"
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char type[256];

        snprintf(type, sizeof type, "multipart/form-data%s", bad[i]);
        typed(400, "|the boundary is malformed|", type, "--b--");
    }
    typed(200, "Content-Length: 0||",
          "Multipart/Form-Data ;charset=utf-8; Boundary=\"(b):,/=? '+_-.\"",
          "--(b):,/=? '+_-.--");
    typed(200, "Content-Length: 0||",
          "multipart/form-data; boundary=" SEVENTY, "--" SEVENTY "--");
}

TEST(nothing_may_be_around_the_parts)
{
    static const char first[] = "|the body does not begin with its boundary|";
    static const char behind[] = "|there is something behind a boundary|";
    static const char last[] = "|there is something behind the last part|";

    refuses(400, first, "\r\n--b--");
    refuses(400, first, "a preamble\r\n--b--");
    refuses(400, first, "--c\r\n" FIELD("a") LAST);
    refuses(400, behind, "--b \r\n" FIELD("a") LAST);
    refuses(400, behind, "--bb\r\n" FIELD("a") LAST);
    refuses(400, behind, "--b\n" FIELD("a") LAST);
    refuses(400, behind, "--b\r" FIELD("a") LAST);
    refuses(400, behind, "--b-\r\n" FIELD("a") LAST);
    refuses(400, behind, "--b\r\n" FIELD("a") "\r\n--bc" LAST);
    refuses(400, last, "--b--\n");
    refuses(400, last, "--b--\r\n\r\n");
    refuses(400, last, "--b--an epilogue");
}

TEST(an_upload_without_its_end_is_refused)
{
    static const char cut[] = "|the body ends before its last boundary|";

    refuses(400, cut, "");
    refuses(400, cut, "-");
    refuses(400, cut, "--b");
    refuses(400, cut, "--b\r\n");
    refuses(400, cut, "--b\r\nContent-Disposition: form-data; name=a\r\n");
    refuses(400, cut, "--b\r\n" FIELD("a"));
    refuses(400, cut, "--b\r\n" FIELD("a") "1\r\n--");
    refuses(400, cut, "--b\r\n" FIELD("a") "1\r\n--b");
    refuses(400, cut, "--b\r\n" FIELD("a") "1\r\n--b-");
    refuses(400, cut, "--b--\r");
}

TEST(malformed_heads_are_refused)
{
    static const char lines[] =
        "|a line in the head of a part must end with CR LF|";
    static const char line[] = "|a line in the head of a part is malformed|";

    refuses(400, lines, "--b\r\n\n");
    refuses(400, lines, "--b\r\nA: b\n\r\n" LAST);
    refuses(400, lines, "--b\r\n" "Content-Disposition: form-data; name=a\n\n");
    refuses(400, line, "--b\r\nA: b\rC: d\r\n\r\n" LAST);
    refuses(400, line, "--b\r\nA: b\x01\r\n\r\n" LAST);
    refuses(400, line, "--b\r\nA: b\r\n c\r\n\r\n" LAST);
    refuses(400, line, "--b\r\nA : b\r\n\r\n" LAST);
    refuses(400, line, "--b\r\n: b\r\n\r\n" LAST);
    refuses(400, line, "--b\r\nno colon\r\n\r\n" LAST);
    refuses(400, line, "--b" LAST "\r\n\r\n");
}

TEST(a_part_says_once_what_it_is)
{
    static const char why[] = "|a part must be form-data with one name|";
    static const char *const bad[] = {
        "", "X: y\r\n", "Content-Disposition:\r\n",
        "Content-Disposition: form-data\r\n",
        "Content-Disposition: attachment; name=a\r\n",
        "Content-Disposition: form-data; filename=a\r\n",
        "Content-Disposition: form-data; name=\r\n",
        "Content-Disposition: form-data; name=\"a\r\n",
        "Content-Disposition: form-data; name=\"a\"b\r\n",
        "Content-Disposition: form-data; name=\"a\\\"b\"\r\n",
        "Content-Disposition: form-data; name=a b\r\n",
        "Content-Disposition: form-data; name=a;\r\n",
        "Content-Disposition: form-data; name=a; name=a\r\n",
        "Content-Disposition: form-data; name=a; filename=b; filename=c\r\n",
        "Content-Disposition: form-data name=a\r\n",
        "Content-Disposition: form-data; =a; name=a\r\n",
        ("Content-Disposition: form-data; name=a\r\n"
         "Content-Disposition: form-data; name=a\r\n")
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char body[256];

        snprintf(body, sizeof body, "--b\r\n%s\r\n1" LAST, bad[i]);
        refuses(400, why, body);
    }
}

TEST(a_zero_in_a_head_is_refused)
{
    static const char asked[] =
        "POST /upload HTTP/1.1\r\nContent-Length: 53\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n" HOST
        "--b\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n\r\n";

    site_answers(pages(), 400, "|a zero in the head of a part|",
                 flow_once(flow_bytes(asked, sizeof asked - 1)));
}

TEST(a_part_that_is_encoded_is_refused)
{
    refuses(400, "|a part must not be encoded|",
            "--b\r\nContent-Transfer-Encoding: base64\r\n" FIELD("a") LAST);
    takes("||a=;", "--b\r\nContent-Transfer-Encoding: BINARY\r\n" FIELD("a")
          LAST);
}

/* ---- Limits -------------------------------------------------------------- */
enum { MOST_PARTS = 1000, LONGEST_HEAD = 8192 };

static void count_parts(flow_gen *self, flow_request *r, void *arg)
{
    unsigned n = 0;

    (void)arg;
    while (flow_request_next_part(self, r) != NULL)
        n++;
    flow_yield(self, flow_textf("%u parts", n));
}

static const char *many_parts(unsigned n)
{
    static const char part[] =
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
    static char body[60000];
    char *to = body;

    while (n-- > 0)
        to = stpcpy(to, part);
    strcpy(to, "--b--");
    return body;
}

TEST(there_may_be_so_many_parts)
{
    page_answers(count_parts, 200, "||1000 parts", many_parts(MOST_PARTS));
    page_answers(count_parts, 413, "|too many parts|",
                 many_parts(MOST_PARTS + 1));
}

/* A head of so many bytes. */
static const char *long_head(int n)
{
    static const char begin[] = "Content-Disposition: form-data; name=a\r\nX: ";
    static char body[LONGEST_HEAD + 64];

    snprintf(body, sizeof body, "--b\r\n%s%0*d\r\n\r\n" LAST, begin,
             n - (int)strlen(begin) - 4, 0);
    return body;
}

TEST(the_head_of_a_part_may_be_so_long)
{
    takes("||a=;", long_head(LONGEST_HEAD));
    refuses(413, "|the head of a part is too long|",
            long_head(LONGEST_HEAD + 1));
}

TEST(an_upload_may_be_as_long_as_its_page_allows)
{
    options.longest_body = 70;
    takes("||a=0123456789;", "--b\r\n" FIELD("a") "0123456789" LAST);
    refuses(413, "|the body is longer than 70 bytes|",
            "--b\r\n" FIELD("a") "01234567890123456789" LAST);
    options.longest_body = 0;
}

TEST(an_upload_that_is_cut_off_is_refused)
{
    static const char asked[] =
        "POST /upload HTTP/1.1\r\nContent-Length: 1000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n" HOST
        "--b\r\n" FIELD("a") "begun";

    site_answers(pages(), 400, "|the body was cut off|", asking(asked, 0));
    site_answers(pages(), 408, "|the body is too slow|",
                 flow_concat(FLOW_STAGES(asking(asked, 0), never())));
}

/* ---- Bodies -------------------------------------------------------------- */
static void skip(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part = flow_request_next_part(self, r);
    flow_stage *body = part != NULL ? flow_part_body(part) : NULL;
    flow_value v;

    (void)arg;
    if (body != NULL && flow_next(self, body, &v))
        flow_drop(v);
    flow_close(body);
    flow_request_next_part(self, r);
    part = flow_request_next_part(self, r);
    if (part != NULL)
        flow_yield(self, flow_textf("%s", flow_part_name(part)));
}

TEST(what_a_page_leaves_of_a_part_is_skipped)
{
    page_answers(skip, 200, "||c", "--b\r\n" FIELD("a") "1\r2\r3" NEXT
                 FIELD("b") "\r\n--\r\n" NEXT FIELD("c") "3" NEXT FIELD("d")
                 LAST);
}

static void read_twice(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part = flow_request_next_part(self, r);

    (void)arg;
    if (part == NULL)
        return;
    flow_part_text(self, part);
    flow_part_text(self, part);
}

TEST(a_part_is_read_once)
{
    page_answers(read_twice, 500, "500 Internal Server Error|",
                 "--b\r\n" FIELD("a") LAST);
    CHECK(strstr(reports(), "the body of a part can be read once") != NULL);
}

static void keep_body(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part = flow_request_next_part(self, r);
    flow_stage *body = part != NULL ? flow_part_body(part) : NULL;
    flow_value v;

    (void)arg;
    if (body != NULL && flow_request_next_part(self, r) != NULL
        && flow_next(self, body, &v))
        flow_drop(v);
    flow_close(body);
}

TEST(the_body_of_a_part_ends_with_it)
{
    page_answers(keep_body, 500, "|the part of this body is over|",
                 "--b\r\n" FIELD("a") "1" NEXT FIELD("b") "2" LAST);
}

static flow_deferred *elsewhere;

/* Somebody else waits for the first part when it goes on to the second. */
static void go_past(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part = flow_request_next_part(self, r);

    (void)arg;
    if (part == NULL)
        return;
    elsewhere = flow_run(flow_part_body(part));
    flow_cooperate(self, 0);
    part = flow_request_next_part(self, r);
    if (part != NULL)
        flow_yield(self, flow_textf("%s", flow_part_name(part)));
}

static void say_slowly(flow_gen *self, flow_stage *none, void *arg)
{
    (void)none;
    (void)arg;
    flow_yield(self, "POST / HTTP/1.1\r\nContent-Length: 114\r\n"
                     "Content-Type: multipart/form-data; boundary=b\r\n" HOST
                     "--b\r\n" FIELD("a"));
    flow_cooperate(self, 1);
    flow_yield(self, NEXT FIELD("b") LAST);
}

TEST(who_waits_for_a_part_that_is_over_is_told)
{
    flow_site *site = flow_site_new(NULL);

    elsewhere = NULL;
    flow_site_add(site, "POST /", go_past, NULL);
    site_answers(site, 200, "||b", flow_generate(say_slowly, NULL, NULL));
    CHECK(elsewhere != NULL && flow_fired(elsewhere)
          && flow_code(flow_outcome(elsewhere)) == 500);
    flow_release(elsewhere);
    reports();
}

/* ---- Shared memory ------------------------------------------------------- */
static const char *from, *to;

static void look_where(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part = flow_request_next_part(self, r);
    flow_value v;

    (void)arg;
    if (part == NULL || !flow_first(self, flow_part_body(part), &v))
        return;
    flow_yield(self, flow_chars(&v, NULL) >= from && flow_chars(&v, NULL) < to
                         ? "shared" : "copied");
    flow_drop(v);
}

TEST(the_body_of_a_part_is_a_slice_of_what_was_received)
{
    flow_site *site = flow_site_new(NULL);
    flow_value asked;

    flow_site_add(site, "POST /", look_where, NULL);
    posting("/", "multipart/form-data; boundary=b",
            "--b\r\n" FIELD("a") "1" LAST);
    asked = flow_bytes(request, strlen(request));
    from = flow_chars(&asked, NULL);
    to = from + asked.size;
    site_answers(site, 200, "||shared", flow_once(asked));
}

/* ---- Fields of forms ----------------------------------------------------- */
static void form_of_two(flow_gen *self, flow_request *r, void *arg)
{
    const char *a, *b;

    (void)arg;
    if (!flow_request_form(self, r))
        return;
    a = flow_request_argument(r, "a");
    b = flow_request_argument(r, "b");
    flow_yield(self, flow_textf("%s, %s", a != NULL ? a : "none",
                                b != NULL ? b : "none"));
}

TEST(the_fields_of_a_form_are_arguments)
{
    page_answers(form_of_two, 200, "||1, 2+2%20=4",
                 "--b\r\n" FIELD("a") "1" NEXT FIELD("b") "2+2%20=4" NEXT
                 FIELD("a") "3" LAST);
    page_answers(form_of_two, 200, "||none, ", "--b\r\n" FIELD("b") LAST);
    page_answers(form_of_two, 400, "|a part must be form-data with one name|",
                 "--b\r\n" FIELD("a") NEXT "\r\n" LAST);
}

TEST(a_form_of_fields_takes_no_files)
{
    page_answers(form_of_two, 415, "|this form takes no files|",
                 "--b\r\n" FIELD("a") NEXT FILE_OF("b", "c") LAST);
}

TEST(fields_have_no_zeros)
{
    static const char asked[] =
        "POST /form HTTP/1.1\r\nContent-Length: 62\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n" HOST
        "--b\r\n" FIELD("a") "a\0b" LAST;

    site_answers(pages(), 400, "|a field of the form has a zero|",
                 flow_once(flow_bytes(asked, sizeof asked - 1)));
}

static void allow_more(flow_gen *self, flow_request *r, void *arg)
{
    flow_request_allow(r, 1000);
    form_of_two(self, r, arg);
}

TEST(the_fields_of_a_form_are_bounded_together)
{
    options.longest_body = 6;
    page_answers(allow_more, 200, "||1234, 56",
                 "--b\r\n" FIELD("a") "1234" NEXT FIELD("b") "56" LAST);
    page_answers(allow_more, 413,
                 "|the fields of the form have more than 6 bytes|",
                 "--b\r\n" FIELD("a") "1234" NEXT FIELD("b") "567" LAST);
    options.longest_body = 0;
}

/* ---- A large one --------------------------------------------------------- */
enum { BLOCK = 65536, BLOCKS = 1600 };      /* 100 MB                       */

static size_t most_held;

static void measure(flow_gen *self, flow_request *r, void *arg)
{
    flow_part *part;
    flow_stage *body;
    size_t n = 0;

    (void)arg;
    flow_request_allow(r, SIZE_MAX);
    part = flow_request_next_part(self, r);
    if (part == NULL)
        return;
    body = flow_part_body(part);
    for (flow_value v; flow_next(self, body, &v); flow_drop(v)) {
        struct memory now = memory_live();

        n += v.size;
        if (now.bytes + now.pages > most_held)
            most_held = now.bytes + now.pages;
    }
    flow_close(body);
    flow_yield(self, flow_textf("%zu bytes", n));
}

static void send_much(flow_gen *self, flow_stage *none, void *arg)
{
    char *chars;

    (void)none;
    (void)arg;
    flow_yield(self, "POST / HTTP/1.0\r\nContent-Length: 104857671\r\n"
                     "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
                     "--b\r\n" FIELD("much"));
    for (int i = 0; i < BLOCKS; i++) {
        flow_value block = flow_buffer(BLOCK, &chars);

        if (chars != NULL)
            memset(chars, '\r', BLOCK);
        if (!flow_yield(self, block))
            return;
    }
    flow_yield(self, LAST);
}

TEST(an_upload_of_100_mb_takes_no_more_memory_than_a_small_one)
{
    struct memory before = memory_live();
    flow_site *site = flow_site_new(NULL);

    most_held = 0;
    flow_site_add(site, "POST /", measure, NULL);
    site_answers(site, 200, "||104857600 bytes",
                 flow_generate(send_much, NULL, NULL));
    CHECK(most_held - before.bytes - before.pages < 8 * BLOCK);
    memory_check(before);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        CASE(parts_come_one_after_the_other),
        CASE(a_form_may_have_no_part_and_a_part_no_body),
        CASE(what_looks_like_a_boundary_is_of_its_part),
        CASE(every_split_of_an_upload_means_the_same),
        CASE(an_upload_may_come_in_chunks),
        CASE(names_are_as_browsers_send_them),
        CASE(a_name_may_fill_its_head),
        CASE(a_file_that_was_not_chosen_has_an_empty_name),
        CASE(a_name_of_a_file_in_another_alphabet_is_not_taken_from_elsewhere),
        CASE(a_file_name_is_given_as_it_was_sent),
        CASE(a_body_that_is_not_in_parts_is_refused),
        CASE(boundaries_are_as_they_must_be),
        CASE(nothing_may_be_around_the_parts),
        CASE(an_upload_without_its_end_is_refused),
        CASE(malformed_heads_are_refused),
        CASE(a_part_says_once_what_it_is),
        CASE(a_zero_in_a_head_is_refused),
        CASE(a_part_that_is_encoded_is_refused),
        CASE(there_may_be_so_many_parts),
        CASE(the_head_of_a_part_may_be_so_long),
        CASE(an_upload_may_be_as_long_as_its_page_allows),
        CASE(an_upload_that_is_cut_off_is_refused),
        CASE(what_a_page_leaves_of_a_part_is_skipped),
        CASE(a_part_is_read_once),
        CASE(the_body_of_a_part_ends_with_it),
        CASE(who_waits_for_a_part_that_is_over_is_told),
        CASE(the_body_of_a_part_is_a_slice_of_what_was_received),
        CASE(the_fields_of_a_form_are_arguments),
        CASE(a_form_of_fields_takes_no_files),
        CASE(fields_have_no_zeros),
        CASE(the_fields_of_a_form_are_bounded_together),
    };
    static const struct test large[] = {
        CASE(an_upload_of_100_mb_takes_no_more_memory_than_a_small_one),
    };

    if (argc > 1 && strcmp(argv[1], "large") == 0) {
        harness_begin();
        return run_processes("http_multipart large", large,
                             sizeof large / sizeof *large);
    }
    return run_tests("http_multipart", tests, sizeof tests / sizeof *tests);
}
