/* SPDX-License-Identifier: MIT */
/* Files as pages: real ones, in memory what the connection is of. */
#include "folder.h"
#include "http_pages.h"

#include <flow/reactor.h>

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOST "Host: here\r\n\r\n"
#define DAY "Sun, 06 Nov 1994 08:49:37 GMT"
#define TYPED(type) "HTTP/1.1 200 OK|Content-Type: " type "|"                \
    "Last-Modified: " DAY "|Accept-Ranges: bytes|"
#define TEXT TYPED("text/plain; charset=utf-8")
#define ALPHABET "abcdefghijklmnopqrstuvwxyz"
#define PART "HTTP/1.1 206 Partial Content|"                                 \
    "Content-Type: text/plain; charset=utf-8|Last-Modified: " DAY "|"        \
    "Accept-Ranges: bytes|Content-Range: bytes "

/* ---- The files ----------------------------------------------------------- */
enum { LARGE = 300000 };

static char large[LARGE];

static void set_time(const char *name)
{
    struct timespec both[2] = { { 784111777, 0 }, { 784111777, 5 } };

    if (utimensat(AT_FDCWD, name, both, 0) != 0)
        abort();
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
    set_time(name);
}

static void put_large(void)
{
    put("site/large", large, sizeof large);
    set_time("site/large");
}

/* The kernel has it no longer in memory, where it can help that: so a thread is
 * to read it. */
static void forget_large(void)
{
    int fd = open("site/large", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0
        || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
        abort();
    close(fd);
}

static void link_to(const char *where, const char *name)
{
    if (symlink(where, name) != 0)
        abort();
}

static void make_links(void)
{
    char here[PATH_MAX - 16], absolute[PATH_MAX];

    if (getcwd(here, sizeof here) == NULL)
        abort();
    snprintf(absolute, sizeof absolute, "%s/site/a.txt", here);
    link_to("a.txt", "site/inside");
    link_to("../a.txt", "site/sub/up");
    link_to("sub", "site/folder");
    link_to("../outside.txt", "site/outside");
    link_to("..", "site/out");
    link_to(absolute, "site/absolute");
    link_to("/proc/self/exe", "site/magic");
    link_to("loop", "site/loop");
    link_to("nowhere", "site/broken");
}

static void make_site(void)
{
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)('a' + i % 26);
    if (chmod(".", 0755) != 0 || mkdir("site", 0755) != 0
        || mkdir("site/sub", 0755) != 0 || mkdir("site/bare", 0755) != 0
        || mkdir("site/%2e a", 0755) != 0 || mkdir("site/.git", 0755) != 0
        || mkfifo("site/fifo", 0644) != 0)
        abort();
    put_text("site/index.html", "<p>front");
    put_text("site/sub/index.html", "<p>sub");
    put_text("site/%2e a/index.html", "odd");
    put_text("site/a.txt", ALPHABET);
    put_text("site/empty.txt", "");
    put_text("site/secret.txt", "secret");
    put_text("site/.htpasswd", "secret");
    put_text("site/.git/config", "secret");
    put_text("outside.txt", "secret");
    put_large();
    chmod("site/secret.txt", 0);
    make_links();
}

/* ---- Asking -------------------------------------------------------------- */
static void read_it(flow_gen *self, flow_request *r, void *path)
{
    flow_answer_file(self, r, path);
}

static void lost(flow_gen *self, flow_request *r, void *path)
{
    flow_answer_status(r, 404);
    flow_answer_file(self, r, path);
}

static void typed(flow_gen *self, flow_request *r, void *directory)
{
    flow_answer_header(r, "Content-Type", "text/x-own");
    flow_answer_header(r, "ETag", "\"own\"");
    flow_answer_header(r, "Cache-Control", "max-age=60");
    flow_answer_files(self, r, directory);
}

/* The site begins the host of libuv, which `over` ends. */
static flow_site *files(void)
{
    flow_site *site = flow_site_new(&options);

    flow_host_use(flow_uv_host());
    flow_site_add_files(site, "/f/*", "site");
    flow_site_add_files(site, "/nowhere/*", "no-such-folder");
    flow_site_add(site, "/one", read_it, (void *)"outside.txt");
    flow_site_add(site, "/missing", read_it, (void *)"site/missing");
    flow_site_add(site, "/folder", read_it, (void *)"site/sub");
    flow_site_add(site, "/lost", lost, (void *)"site/a.txt");
    flow_site_add(site, "/typed/*", typed, (void *)"site");
    return site;
}

static void over(flow_site *site)
{
    flow_site_release(site);
    flow_uv_close();
}

/* No two runs have the same tags. */
static char *without_tags(const char *heard)
{
    static char text[65536];
    char *at;

    strcpy(text, heard);
    while ((at = strstr(text, "ETag: \"")) != NULL) {
        char *end = strchr(at, '|');

        memmove(at, end + 1, strlen(end + 1) + 1);
    }
    return text;
}

static void shows(const char *wanted, const char *request)
{
    flow_site *site = files();
    const char *got = without_tags(heard(flow_http(asking(request, 0), site)));

    if (strcmp(got, wanted) != 0 && !disturbed())
        fprintf(stderr, "asked:  %s\nwanted: %s\nheard:  %s\n", request, wanted,
                got);
    CHECK(strcmp(got, wanted) == 0);
    reports();
    over(site);
}

/* The status of what is asked with those headers. */
static void gives(int status, const char *target, const char *headers)
{
    char begin[32], request[9000];
    flow_site *site = files();
    const char *got;

    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s" HOST, target,
             headers);
    got = heard(flow_http(asking(request, 0), site));
    if (strncmp(got, begin, strlen(begin)) != 0 && !disturbed())
        fprintf(stderr, "asked:  %s\nwanted: %d\nheard:  %s\n", request, status,
                got);
    CHECK(strncmp(got, begin, strlen(begin)) == 0);
    CHECK(strstr(got, "secret") == NULL);
    over(site);
}

/* The tag of /f/a.txt. */
static const char *tag(void)
{
    static char found[128];
    flow_site *site = files();
    const char *got = heard(flow_http(asking("HEAD /f/a.txt HTTP/1.1\r\n" HOST,
                                             0), site));
    const char *at = strstr(got, "ETag: ");

    CHECK(at != NULL);
    snprintf(found, sizeof found, "%.*s",
             at != NULL ? (int)strcspn(at + 6, "|") : 0,
             at != NULL ? at + 6 : "");
    over(site);
    return found;
}

/* ---- Whole --------------------------------------------------------------- */
TEST(a_file_is_a_page_with_its_type_and_length)
{
    shows(TEXT "Content-Length: 26||" ALPHABET, "GET /f/a.txt HTTP/1.1\r\n"
          HOST);
    shows(TYPED("text/html; charset=utf-8") "Content-Length: 6||<p>sub",
          "GET /f/sub/index.html HTTP/1.1\r\n" HOST);
    shows(TEXT "Content-Length: 0||", "GET /f/empty.txt HTTP/1.1\r\n" HOST);
}

TEST(a_head_does_not_read_the_file)
{
    shows(TEXT "Content-Length: 26||", "HEAD /f/a.txt HTTP/1.1\r\n" HOST);
}

TEST(a_large_file_comes_in_pieces)
{
    flow_site *site = files();
    flow_stage *s = flow_join(flow_http(
        asking("GET /f/large HTTP/1.1\r\n" HOST, 0), site), LARGE + 4096);
    flow_value v;
    size_t n = 0;
    const char *chars = NULL;

    forget_large();
    if (flow_block(s, &v)) {
        chars = flow_chars(&v, &n);
        CHECK(n > LARGE && memcmp(chars + n - LARGE, large, LARGE) == 0);
        flow_drop(v);
    }
    CHECK(chars != NULL);
    flow_close(s);
    over(site);
}

TEST(a_folder_is_its_index)
{
    shows(TYPED("text/html; charset=utf-8") "Content-Length: 8||<p>front",
          "GET /f/ HTTP/1.1\r\n" HOST);
    shows(TYPED("text/html; charset=utf-8") "Content-Length: 6||<p>sub",
          "GET /f/sub/ HTTP/1.1\r\n" HOST);
    gives(404, "/f/bare/", "");
}

#define MOVED "HTTP/1.1 301 Moved Permanently|Location: "

TEST(a_folder_without_a_slash_is_redirected_and_keeps_its_query)
{
    shows(MOVED "/f/sub/?a=1&b|Content-Type: text/html; charset=utf-8|"
          "Content-Length: 112||<!DOCTYPE html>|<title>Moved Permanently"
          "</title>|<p>It is at <a href=\"/f/sub/?a=1&amp;b\">"
          "/f/sub/?a=1&amp;b</a>.|", "GET /f/sub?a=1&b HTTP/1.1\r\n" HOST);
    gives(301, "/f/bare", "");
}

/* Neither the host that was asked for nor the path can lead elsewhere. */
TEST(a_folder_is_redirected_to_nowhere_else)
{
    shows(MOVED "/f/sub/|Content-Type: text/html; charset=utf-8|"
          "Content-Length: 92||<!DOCTYPE html>|<title>Moved Permanently"
          "</title>|<p>It is at <a href=\"/f/sub/\">/f/sub/</a>.|",
          "GET http://evil.example/f/sub HTTP/1.1\r\nHost: evil.example\r\n"
          "\r\n");
    shows(MOVED "/f/%252e%20a/|Content-Type: text/html; charset=utf-8|"
          "Content-Length: 104||<!DOCTYPE html>|<title>Moved Permanently"
          "</title>|<p>It is at <a href=\"/f/%252e%20a/\">/f/%252e%20a/</a>.|",
          "GET /f/%252e%20a HTTP/1.1\r\n" HOST);
    gives(400, "//evil.example/..", "");
    gives(400, "//f/sub", "");
    gives(400, "/f//sub", "");
}

/* ---- Which files --------------------------------------------------------- */
TEST(what_is_not_there_or_hidden_is_not_found)
{
    static const char *const none[] = {
        "/f/none", "/f/none/", "/f/none/none", "/f/a.txt/", "/f/a.txt/b",
        "/f/.htpasswd", "/f/.git/config", "/f/.git/", "/f/.git", "/f/.",
        "/nowhere/", "/nowhere/a", "/missing", "/folder", "/f/fifo",
        "/f/sub/%2ehidden"
    };

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        gives(strcmp(none[i], "/f/.") == 0 ? 400 : 404, none[i], "");
}

TEST(a_path_leads_nowhere_outside)
{
    static const char *const bad[] = {
        "/f/../outside.txt", "/f/%2e%2e/outside.txt", "/f/..%2foutside.txt",
        "/f/..%2Foutside.txt", "/f/sub/../../outside.txt", "/f/..",
        "/f/..\\outside.txt", "/f/..%5coutside.txt", "/f/a.txt%00.html",
        "/f/%2e%2e%2foutside.txt", "/f/.%2e/outside.txt", "/../outside.txt",
        "/f//etc/passwd", "//etc/passwd", "/f/sub/./b", "/f/%0a", "/f/%"
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        gives(400, bad[i], "");
    gives(404, "/f/%252e%252e/outside.txt", "");
    gives(404, "/f/..%252foutside.txt", "");
    gives(404, "/f/.../outside.txt", "");
    gives(404, "/f/%c0%ae%c0%ae/outside.txt", "");
}

/* valgrind knows of no openat2 either. */
static bool has_openat2(void)
{
    struct open_how how = { .flags = O_PATH, .resolve = RESOLVE_BENEATH };
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

TEST(a_link_leads_to_what_is_inside_and_not_out)
{
    int inside = has_openat2() ? 200 : 404;

    gives(inside, "/f/inside", "");
    gives(inside, "/f/sub/up", "");
    gives(inside, "/f/folder/", "");
    gives(404, "/f/outside", "");
    gives(404, "/f/out/outside.txt", "");
    gives(404, "/f/out", "");
    gives(404, "/f/absolute", "");
    gives(404, "/f/magic", "");
    gives(404, "/f/loop", "");
    gives(404, "/f/broken", "");
}

TEST(a_name_may_be_longer_than_any_file_has_one)
{
    char target[6000] = "/f/";

    memset(target + 3, 'a', 300);
    gives(404, target, "");
    for (size_t i = 3; i + 2 < sizeof target - 1; i += 2)
        memcpy(target + i, "a/", 2);
    gives(404, target, "");
}

TEST(what_may_not_be_read_is_forbidden)
{
    enum { NOBODY = 65534 };
    bool is_root = geteuid() == 0;

    if (is_root && seteuid(NOBODY) != 0)
        abort();
    gives(403, "/f/secret.txt", "");
    if (is_root && seteuid(0) != 0)
        abort();
}

TEST(a_program_reads_whatever_file_it_likes)
{
    shows(TEXT "Content-Length: 6||secret", "GET /one HTTP/1.1\r\n" HOST);
}

TEST(an_error_may_have_a_file_for_its_page)
{
    shows("HTTP/1.1 404 Not Found|Content-Type: text/plain; charset=utf-8|"
          "Content-Length: 26||" ALPHABET,
          "GET /lost HTTP/1.1\r\nRange: bytes=0-1\r\nIf-None-Match: *\r\n"
          HOST);
}

TEST(what_a_page_says_before_stays)
{
    shows("HTTP/1.1 200 OK|Content-Type: text/x-own|Cache-Control: max-age=60|"
          "Last-Modified: " DAY "|Accept-Ranges: bytes|Content-Length: 26||"
          ALPHABET, "GET /typed/a.txt HTTP/1.1\r\n" HOST);
    gives(304, "/typed/a.txt", "If-None-Match: \"own\"\r\n");
}

TEST(a_file_needs_a_host_that_reads_files)
{
    flow_site *site = flow_site_new(NULL);

    flow_site_add_files(site, "/*", "site");
    answers_from_with(site, "HTTP/1.1 500", "GET /a.txt HTTP/1.1\r\n" HOST);
    CHECK(strstr(reports(), "libuv") != NULL);
}

/* ---- Conditions ---------------------------------------------------------- */
TEST(who_has_a_file_is_not_sent_it_again)
{
    char headers[256];

    snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", tag());
    gives(304, "/f/a.txt", headers);
    gives(200, "/f/large", headers);
    gives(304, "/f/a.txt", "If-Modified-Since: " DAY "\r\n");
    gives(412, "/f/a.txt", "If-Match: \"other\"\r\n");
}

TEST(a_file_that_changes_has_another_tag)
{
    char before[128];

    snprintf(before, sizeof before, "%s", tag());
    put("site/a.txt", "bbcdefghijklmnopqrstuvwxyz", 26);
    CHECK(strcmp(before, tag()) != 0);
    put_text("site/a.txt", ALPHABET);
    CHECK(strcmp(before, tag()) == 0);
}

TEST(a_file_that_was_changed_just_now_has_a_weak_tag)
{
    flow_site *site;
    const char *got;

    put("site/new.txt", "new", 3);
    if (utimensat(AT_FDCWD, "site/new.txt", (struct timespec[]){
            { .tv_nsec = UTIME_NOW }, { time(NULL) + 1000, 0 } }, 0) != 0)
        abort();
    site = files();
    got = heard(flow_http(asking("GET /f/new.txt HTTP/1.1\r\n" HOST, 0), site));
    CHECK(strstr(got, "|ETag: W/\"") != NULL);
    CHECK(strstr(got, "Last-Modified") == NULL);
    over(site);
}

/* ---- Ranges -------------------------------------------------------------- */
TEST(a_part_of_a_file_is_sent_alone)
{
    shows(PART "2-4/26|Content-Length: 3||cde",
          "GET /f/a.txt HTTP/1.1\r\nRange: bytes=2-4\r\n" HOST);
    shows(PART "24-25/26|Content-Length: 2||yz",
          "GET /f/a.txt HTTP/1.1\r\nRange: bytes=-2\r\n" HOST);
    shows(PART "0-3/26|Content-Length: 4||abcd",
          "GET /f/a.txt HTTP/1.1\r\nRange: bytes=0-1, 2-3\r\n" HOST);
}

static void fill_boundaries(const char *text, const char *pattern, char *to,
                            size_t size)
{
    const char *at = strstr(text, "boundary=");
    int n = at != NULL ? (int)strcspn(at + 9, "|") : 0;

    CHECK(n == 32);
    *to = '\0';
    for (const char *s = pattern; *s != '\0'; s++)
        snprintf(to + strlen(to), size - strlen(to), "%.*s",
                 *s == '@' ? n : 1, *s != '@' ? s : at != NULL ? at + 9 : "");
}

TEST(parts_of_a_file_are_sent_in_one_answer)
{
    static const char pattern[] =
        "HTTP/1.1 206 Partial Content|"
        "Content-Type: multipart/byteranges; boundary=@|"
        "Last-Modified: " DAY "|Accept-Ranges: bytes|"
        "Content-Length: 265|||"
        "--@|Content-Type: text/plain; charset=utf-8|"
        "Content-Range: bytes 10-11/26||kl|"
        "--@|Content-Type: text/plain; charset=utf-8|"
        "Content-Range: bytes 0-0/26||a|--@--|";
    flow_site *site = files();
    const char *got = without_tags(heard(flow_http(asking(
        "GET /f/a.txt HTTP/1.1\r\nRange: bytes=10-11,0-0\r\n" HOST, 0), site)));
    char wanted[2048];

    fill_boundaries(got, pattern, wanted, sizeof wanted);
    if (strcmp(got, wanted) != 0 && !disturbed())
        fprintf(stderr, "wanted: %s\nheard:  %s\n", wanted, got);
    CHECK(strcmp(got, wanted) == 0);
    over(site);
}

TEST(a_part_that_is_not_there_is_refused_with_the_length)
{
    shows("HTTP/1.1 416 Range Not Satisfiable|Accept-Ranges: bytes|"
          "Content-Range: bytes */26|Content-Type: text/plain; charset=utf-8|"
          "Content-Length: 48||416 Range Not Satisfiable|"
          "the file has 26 bytes|",
          "GET /f/a.txt HTTP/1.1\r\nRange: bytes=26-\r\n" HOST);
}

TEST(a_range_that_cannot_be_understood_is_as_if_not_said)
{
    gives(200, "/f/a.txt", "Range: bytes=4-2\r\n");
    gives(200, "/f/a.txt", "Range: lines=1-2\r\n");
    gives(200, "/f/a.txt", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n");
    gives(200, "/f/empty.txt", "Range: bytes=0-1\r\n");
    shows(TEXT "Content-Length: 26||",
          "HEAD /f/a.txt HTTP/1.1\r\nRange: bytes=0-1\r\n" HOST);
}

TEST(parts_are_only_for_who_has_the_others)
{
    char headers[256];

    snprintf(headers, sizeof headers, "Range: bytes=0-1\r\nIf-Range: %s\r\n",
             tag());
    gives(206, "/f/a.txt", headers);
    snprintf(headers, sizeof headers, "Range: bytes=0-1\r\nIf-Range: W/%s\r\n",
             tag());
    gives(200, "/f/a.txt", headers);
    gives(200, "/f/a.txt", "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n");
    gives(200, "/f/a.txt", "Range: bytes=0-1\r\nIf-Range: other\r\n");
    gives(206, "/f/a.txt", "Range: bytes=0-1\r\nIf-Range: " DAY "\r\n");
    gives(200, "/f/a.txt", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 "
          "08:49:38 GMT\r\n");
    gives(200, "/f/a.txt", "Range: bytes=99-\r\nIf-Range: \"other\"\r\n");
}

TEST(conditions_come_before_ranges)
{
    gives(304, "/f/a.txt", "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
    gives(412, "/f/a.txt", "Range: bytes=99-\r\nIf-Match: \"other\"\r\n");
}

/* ---- Files that change --------------------------------------------------- */
static flow_stage *half_sent(flow_site *site)
{
    flow_stage *s = flow_http(asking("GET /f/large HTTP/1.1\r\n" HOST, 0),
                              site);
    flow_value v;

    if (flow_block(s, &v))                  /* the head, at least           */
        flow_drop(v);
    return s;
}

TEST(a_file_that_gets_shorter_breaks_the_connection)
{
    flow_site *site = files();
    flow_stage *s = half_sent(site);
    const char *got;

    if (truncate("site/large", 1000) != 0)
        abort();
    got = heard(s);
    CHECK(strstr(got, "!Format") != NULL);
    put_large();
    over(site);
}

static size_t size_of_rest(flow_stage *s)
{
    size_t size = 0;

    for (flow_value v; flow_block(s, &v); flow_drop(v))
        size += v.size;
    CHECK(flow_failure(s) == NULL);
    flow_close(s);
    return size;
}

TEST(what_was_opened_is_sent_whatever_becomes_of_its_name)
{
    flow_site *site = files();
    flow_stage *s = half_sent(site);

    put("site/other", "other", 5);
    if (rename("site/other", "site/large") != 0)
        abort();
    CHECK(size_of_rest(s) >= LARGE);
    put_large();
    over(site);
}

TEST(a_file_may_be_left_at_any_moment)
{
    for (int stop = 0; stop < 8; stop++) {
        flow_site *site = files();
        flow_stage *s = flow_http(asking("GET /f/large HTTP/1.1\r\n" HOST, 0),
                                  site);
        flow_value v;

        forget_large();
        for (int n = 0; n < stop && flow_block(s, &v); n++)
            flow_drop(v);
        flow_close(s);
        over(site);
    }
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_file_is_a_page_with_its_type_and_length),
        CASE(a_head_does_not_read_the_file),
        CASE(a_large_file_comes_in_pieces),
        CASE(a_folder_is_its_index),
        CASE(a_folder_without_a_slash_is_redirected_and_keeps_its_query),
        CASE(a_folder_is_redirected_to_nowhere_else),
        CASE(what_is_not_there_or_hidden_is_not_found),
        CASE(a_path_leads_nowhere_outside),
        CASE(a_link_leads_to_what_is_inside_and_not_out),
        CASE(a_name_may_be_longer_than_any_file_has_one),
        CASE(what_may_not_be_read_is_forbidden),
        CASE(a_program_reads_whatever_file_it_likes),
        CASE(an_error_may_have_a_file_for_its_page),
        CASE(what_a_page_says_before_stays),
        CASE(a_file_needs_a_host_that_reads_files),
        CASE(who_has_a_file_is_not_sent_it_again),
        CASE(a_file_that_changes_has_another_tag),
        CASE(a_file_that_was_changed_just_now_has_a_weak_tag),
        CASE(a_part_of_a_file_is_sent_alone),
        CASE(parts_of_a_file_are_sent_in_one_answer),
        CASE(a_part_that_is_not_there_is_refused_with_the_length),
        CASE(a_range_that_cannot_be_understood_is_as_if_not_said),
        CASE(parts_are_only_for_who_has_the_others),
        CASE(conditions_come_before_ranges),
        CASE(a_file_that_gets_shorter_breaks_the_connection),
        CASE(what_was_opened_is_sent_whatever_becomes_of_its_name),
        CASE(a_file_may_be_left_at_any_moment),
    };
    int status;

    make_folder();
    make_site();
    status = run_tests("http_files", tests, sizeof tests / sizeof *tests);
    remove_folder();
    return status;
}
