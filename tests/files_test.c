/* SPDX-License-Identifier: MIT */
/* Files, directories and descriptors as stages, with real ones: in a folder of
 * its own beside this program, which is removed at the end. */
#include "folder.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <flow/file.h>
#include <flow/reactor.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* ---- What the tests share ----------------------------------------------- */
static void begin(void)
{
    flow_host_use(flow_uv_host());
}

static void gives(const char *text, flow_stage *s)
{
    expect(text, s);
    flow_uv_close();
}

static flow_value size_of(flow_value v, void *arg)
{
    int64_t n = v.size;

    (void)arg;
    flow_drop(v);
    return flow_int(n);
}

/* As gives, unless something went wrong before. */
static void then_gives(const char *text, flow_stage *s)
{
    if (disturbed())
        flow_close(s);
    else
        expect(text, s);
    flow_uv_close();
}

/* Text, the letters of the alphabet again and again. */
static char many[200000];

static void fill_many(void)
{
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = (char)('a' + i % 26);
}

/* The bytes of s as one, if they are those of `many`. */
static flow_value is_many(flow_value v, void *arg)
{
    size_t n;
    const char *chars = flow_chars(&v, &n);
    bool same = n == sizeof many && memcmp(chars, many, n) == 0;

    (void)arg;
    flow_drop(v);
    return flow_bool(same);
}

static flow_stage *as_many(flow_stage *s)
{
    return flow_map(flow_join(s, sizeof many), is_many, NULL);
}

/* ---- Reading ------------------------------------------------------------ */
TEST(a_file_is_read_in_pieces)
{
    begin();
    put("many", many, sizeof many);
    gives("65536 65536 65536 3392",
          flow_map(flow_read_file("many"), size_of, NULL));
}

TEST(all_of_a_file_is_read)
{
    begin();
    put("many", many, sizeof many);
    gives("True", as_many(flow_read_file("many")));
}

TEST(lines_of_a_file)
{
    begin();
    put("lines", "one\ntwo\nlast", 12);
    gives("one two last", flow_lines(flow_read_file("lines")));
}

TEST(an_empty_file_has_no_pieces)
{
    begin();
    put("nothing", "", 0);
    gives("", flow_read_file("nothing"));
}

TEST(a_file_that_is_not_there_is_named)
{
    begin();
    gives("!SystemError: cannot read not/there: No such file or directory",
          flow_read_file("not/there"));
}

TEST(a_directory_is_not_read)
{
    begin();
    gives("!SystemError: cannot read .: Is a directory", flow_read_file("."));
}

TEST(a_path_is_copied)
{
    char path[] = "lines";
    flow_stage *s;

    begin();
    put("lines", "one\n", 4);
    s = flow_lines(flow_read_file(path));
    memset(path, 'x', sizeof path);
    gives("one", s);
}

TEST(a_path_may_be_a_text)
{
    begin();
    put("lines", "one\n", 4);
    gives("one", flow_lines(flow_read_file(flow_textf("%s", "lines"))));
}

TEST(a_path_must_be_a_text)
{
    begin();
    expect("!Invalid: the path of a file must be a text, not empty and without "
           "a byte 0", flow_read_file(3));
    expect("!Invalid: the path of a file must be a text, not empty and without "
           "a byte 0", flow_read_file(""));
    gives("!Invalid: the path of a file must be a text, not empty and without "
          "a byte 0", flow_read_file(flow_text("a\0b", 3)));
}

TEST(a_path_that_failed_is_the_failure)
{
    begin();
    gives("!Format: no path",
          flow_read_file(flow_error(FLOW_EFORMAT, 0, "no path")));
}

TEST(files_need_a_host_of_libuv)
{
    flow_host_use(NULL);
    put("lines", "one\n", 4);
    expect("!Invalid: the host of this thread is not one of libuv: call "
           "flow_host_use(flow_uv_host())", flow_read_file("lines"));
}

TEST(a_device_that_cannot_be_waited_for_is_read)
{
    begin();
    gives("", flow_read_file("/dev/null"));
}

static flow_stage *fifo(void)
{
    unlink("fifo");
    if (mkfifo("fifo", 0666) != 0)
        abort();
    return flow_lines(flow_read_file("fifo"));
}

static flow_task writing;

static void write_to_fifo(flow_task *t)
{
    int fd = open("fifo", O_WRONLY | O_NONBLOCK);

    if (fd < 0) {                           /* nobody reads it yet          */
        flow_host_here()->post(flow_host_here(), t, 0.005);
        return;
    }
    CHECK(write(fd, "late\n", 5) == 5);
    close(fd);
}

TEST(a_named_pipe_is_waited_for)
{
    flow_host *host;

    begin();
    host = flow_host_here();
    writing.call = write_to_fifo;
    host->post(host, &writing, 0.01);
    expect("late", fifo());
    host->cancel(host, &writing);
    flow_uv_close();
}

/* ---- Writing ------------------------------------------------------------ */
static flow_stage *words(void)
{
    return flow_list(FLOW_VALUES("one ", "two ", "three"));
}

TEST(a_file_is_written_and_the_bytes_counted)
{
    begin();
    put("out", "what was there before", 21);
    gives("13", flow_write_file("out", words()));
    CHECK(holds("out", "one two three"));
}

TEST(a_file_is_gone_on_with)
{
    begin();
    unlink("log");
    expect("13", flow_append_file("log", words()));
    gives("13", flow_append_file("log", words()));
    CHECK(holds("log", "one two threeone two three"));
}

TEST(nothing_makes_an_empty_file)
{
    begin();
    unlink("out");
    gives("0", flow_write_file("out", flow_list(NULL, 0)));
    CHECK(holds("out", ""));
}

TEST(much_is_written_in_blocks)
{
    begin();
    expect("200000", flow_write_file("out", flow_once(flow_bytes(many,
                                                        sizeof many))));
    then_gives("True", as_many(flow_read_file("out")));
}

TEST(many_small_pieces_are_gathered)
{
    begin();
    expect("200000", flow_write_file("out", flow_chunk(flow_once(
                          flow_bytes(many, sizeof many)), 1000)));
    then_gives("True", as_many(flow_read_file("out")));
}

TEST(what_is_there_is_written_while_more_is_waited_for)
{
    begin();
    gives("3", flow_write_file("out", script("a.b.c")));
    CHECK(holds("out", "abc"));
}

TEST(a_copy)
{
    begin();
    put("many", many, sizeof many);
    expect("200000", flow_write_file("out", flow_read_file("many")));
    then_gives("True", as_many(flow_read_file("out")));
}

TEST(only_text_and_bytes_are_written)
{
    begin();
    gives("!Invalid: what is written to out must be text or bytes",
          flow_write_file("out", flow_list(FLOW_VALUES("a", 2, "b"))));
    CHECK(holds("out", "a"));
}

TEST(a_failure_comes_after_what_was_before_it)
{
    begin();
    gives("!Invalid: scripted", flow_write_file("out", script("ab.c!")));
    CHECK(holds("out", "abc"));
}

TEST(a_file_that_cannot_be_made_is_named)
{
    begin();
    gives("!SystemError: cannot write not/there: No such file or directory",
          flow_write_file("not/there", words()));
}

TEST(a_full_disk_is_told)
{
    begin();
    gives("!SystemError: cannot write /dev/full: No space left on device",
          flow_write_file("/dev/full", words()));
}

TEST(a_wrong_path_closes_the_source)
{
    int closed = 0;

    begin();
    gives("!Invalid: the path of a file must be a text, not empty and without "
          "a byte 0", flow_write_file("", watched_script("abc", &closed)));
    MUST(closed == 1 || disturbed());
}

/* ---- Descriptors -------------------------------------------------------- */
static int ends[2];

static void make_pipe(void)
{
    if (pipe(ends) != 0)
        abort();
}

TEST(a_pipe_is_read_to_its_end)
{
    flow_stage *s;

    begin();
    make_pipe();
    CHECK(write(ends[1], "one\ntwo\n", 8) == 8);
    s = flow_lines(flow_read_fd(ends[0]));
    MUST((fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);
    close(ends[0]);
    close(ends[1]);
    gives("one two", s);
}

static void write_some(flow_task *t)
{
    static int times;

    if (++times % 3 != 0) {
        CHECK(write(ends[1], "more\n", 5) == 5);
        flow_host_here()->post(flow_host_here(), t, 0.005);
    } else {
        close(ends[1]);
        ends[1] = -1;
    }
}

TEST(a_pipe_is_waited_for)
{
    flow_host *host;

    begin();
    make_pipe();
    host = flow_host_here();
    writing.call = write_some;
    host->post(host, &writing, 0.005);
    expect("more more", flow_lines(flow_read_fd(ends[0])));
    while (writing.posted)                  /* if it was closed meanwhile   */
        host->turn(host, true);
    close(ends[0]);
    flow_uv_close();
}

TEST(a_file_is_read_from_where_it_is)
{
    int fd;
    flow_stage *s;

    begin();
    put("lines", "one\ntwo\nlast", 12);
    fd = open("lines", O_RDONLY);
    CHECK(lseek(fd, 4, SEEK_SET) == 4);
    s = flow_lines(flow_read_fd(fd));
    gives("two last", s);
    close(fd);
}

TEST(a_socket_is_read_and_written)
{
    flow_stage *s;

    begin();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        abort();
    expect("13", flow_write_fd(ends[0], words()));
    shutdown(ends[0], SHUT_WR);
    s = flow_join(flow_read_fd(ends[1]), 100);
    close(ends[0]);
    close(ends[1]);
    then_gives("one two three", s);
}

TEST(a_descriptor_that_is_none_is_named)
{
    begin();
    gives("!SystemError: cannot use descriptor 12345: Bad file descriptor",
          flow_read_fd(12345));
    MUST(close(12345) != 0);
}

TEST(a_pipe_is_written)
{
    char got[16] = "";
    flow_stage *s;

    begin();
    make_pipe();
    s = flow_write_fd(ends[1], words());
    close(ends[1]);
    gives("13", s);
    CHECK(read(ends[0], got, sizeof got) == 13);
    CHECK(strcmp(got, "one two three") == 0);
    close(ends[0]);
}

TEST(a_pipe_that_nobody_reads_is_a_failure_and_no_signal)
{
    flow_stage *s;

    char error[100];

    begin();
    make_pipe();
    s = flow_write_fd(ends[1], words());
    close(ends[0]);
    close(ends[1]);
    snprintf(error, sizeof error, "!SystemError: cannot write descriptor %d: "
             "Broken pipe", ends[1]);
    gives(error, s);
}

/* A pipe holds less than that. */
TEST(writing_waits_for_the_reader)
{
    flow_stage *in, *out;

    begin();
    make_pipe();
    out = flow_write_fd(ends[1], flow_once(flow_bytes(many, sizeof many)));
    in = flow_read_fd(ends[0]);
    close(ends[0]);
    close(ends[1]);
    gives("200000 True", flow_merge(FLOW_STAGES(out, as_many(in))));
}

/* More at once than is written in one turn. */
TEST(a_large_pipe_is_filled_in_several_turns)
{
    enum { PIECE = 65536, PIECES = 24, ROOM = 1 << 20 };
    flow_value pieces[PIECES];
    flow_stage *in, *out;

    begin();
    make_pipe();
    fcntl(ends[0], F_SETPIPE_SZ, ROOM);
    for (int i = 0; i < PIECES; i++)
        pieces[i] = flow_bytes(many, PIECE);
    out = flow_write_fd(ends[1], flow_list(pieces, PIECES));
    in = flow_join(flow_read_fd(ends[0]), PIECES * PIECE);
    close(ends[0]);
    close(ends[1]);
    gives("1572864 1572864",
          flow_merge(FLOW_STAGES(out, flow_map(in, size_of, NULL))));
}

/* ---- No more descriptors ------------------------------------------------ */
static struct rlimit before;

static void allow_no_more(void)
{
    struct rlimit l;

    getrlimit(RLIMIT_NOFILE, &before);
    l = before;
    l.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &l);
}

static void allow_as_before(void)
{
    setrlimit(RLIMIT_NOFILE, &before);
}

TEST(without_descriptors_files_say_so)
{
    begin();
    put("lines", "one\n", 4);
    allow_no_more();
    expect("!SystemError: cannot read lines: Too many open files",
           flow_read_file("lines"));
    expect("!SystemError: cannot write out: Too many open files",
           flow_write_file("out", words()));
    expect("!SystemError: cannot list .: Too many open files",
           flow_list_directory("."));
    expect("!SystemError: cannot use standard input: Too many open files",
           flow_read_fd(0));
    allow_as_before();
    flow_uv_close();
}

/* ---- Directories -------------------------------------------------------- */
static void make_tree(void)
{
    mkdir("tree", 0777);
    mkdir("tree/twigs", 0777);
    put("tree/leaf", "green", 5);
    put("tree/twigs/leaf", "brown", 5);
    if (symlink("..", "tree/loop") != 0 && errno != EEXIST)
        abort();
}

static int by_text(const void *a, const void *b)
{
    return flow_compare(a, b);
}

/* A LIST in order. */
static flow_value in_order(flow_value list, void *arg)
{
    flow_value sorted[16], back;
    size_t n;
    const flow_value *items = flow_items(&list, &n);

    (void)arg;
    if (n > 16)
        n = 16;
    for (size_t i = 0; i < n; i++)
        sorted[i] = flow_share(items[i]);
    qsort(sorted, n, sizeof *sorted, by_text);
    back = flow_pack(sorted, n);
    flow_drop(list);
    return back;
}

static flow_stage *sorted(flow_stage *s)
{
    return flow_map(flow_collect(s), in_order, NULL);
}

TEST(a_directory_is_a_stage_of_paths)
{
    begin();
    make_tree();
    gives("['tree/leaf', 'tree/loop', 'tree/twigs/']",
          sorted(flow_list_directory("tree")));
}

static flow_stage *below(flow_value path, void *arg)
{
    size_t n;
    const char *chars = flow_chars(&path, &n);

    (void)arg;
    if (chars[n - 1] != '/')
        return flow_once(path);
    return flow_flat_map(flow_list_directory(path), below, NULL);
}

TEST(a_tree_is_walked)
{
    begin();
    make_tree();
    gives("['tree/leaf', 'tree/loop', 'tree/twigs/leaf']",
          sorted(below(flow_literal("tree/"), NULL)));
}

TEST(a_large_directory_is_listed_in_parts)
{
    enum { FILES = 500 };
    char name[64];

    begin();
    mkdir("large", 0777);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "large/a rather long name of a file %d", i);
        if (access(name, F_OK) != 0)
            put(name, "", 0);
    }
    gives("500", flow_map(flow_collect(flow_list_directory("large")), size_of,
                          NULL));
}

TEST(a_directory_that_is_not_there_is_named)
{
    begin();
    gives("!SystemError: cannot list not/there: No such file or directory",
          flow_list_directory("not/there"));
}

/* ---- Closing ------------------------------------------------------------ */
TEST(a_flow_may_be_closed_while_a_thread_works_for_it)
{
    flow_stage *stages[8];

    begin();
    put("many", many, sizeof many);
    make_tree();
    for (int i = 0; i < 8; i++) {
        stages[i] = i % 4 == 0 ? flow_read_file("many")
                  : i % 4 == 1 ? flow_write_file("out", numbers(3))
                  : i % 4 == 2 ? flow_write_file("out", words())
                               : flow_list_directory("tree");
        flow_release(flow_run(stages[i]));
    }
    flow_uv_close();
    MUST(flow_host_here() != NULL);
    reports();
}

TEST(a_loop_of_the_program_finishes_what_was_begun)
{
    uv_loop_t loop;

    uv_loop_init(&loop);
    flow_host_use(flow_uv_host_on(&loop));
    put("many", many, sizeof many);
    flow_release(flow_run(flow_read_file("many")));
    flow_release(flow_run(flow_write_file("out", words())));
    flow_uv_close();
    reports();
    uv_run(&loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&loop) == 0);
    begin();
    MUST(*reports() == '\0' || disturbed());
    flow_uv_close();
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_file_is_read_in_pieces),
        CASE(all_of_a_file_is_read),
        CASE(lines_of_a_file),
        CASE(an_empty_file_has_no_pieces),
        CASE(a_file_that_is_not_there_is_named),
        CASE(a_directory_is_not_read),
        CASE(a_path_is_copied),
        CASE(a_path_may_be_a_text),
        CASE(a_path_must_be_a_text),
        CASE(a_path_that_failed_is_the_failure),
        CASE(files_need_a_host_of_libuv),
        CASE(a_device_that_cannot_be_waited_for_is_read),
        CASE(a_named_pipe_is_waited_for),
        CASE(a_file_is_written_and_the_bytes_counted),
        CASE(a_file_is_gone_on_with),
        CASE(nothing_makes_an_empty_file),
        CASE(much_is_written_in_blocks),
        CASE(many_small_pieces_are_gathered),
        CASE(what_is_there_is_written_while_more_is_waited_for),
        CASE(a_copy),
        CASE(only_text_and_bytes_are_written),
        CASE(a_failure_comes_after_what_was_before_it),
        CASE(a_file_that_cannot_be_made_is_named),
        CASE(a_full_disk_is_told),
        CASE(a_wrong_path_closes_the_source),
        CASE(a_pipe_is_read_to_its_end),
        CASE(a_pipe_is_waited_for),
        CASE(a_file_is_read_from_where_it_is),
        CASE(a_socket_is_read_and_written),
        CASE(a_descriptor_that_is_none_is_named),
        CASE(a_pipe_is_written),
        CASE(a_pipe_that_nobody_reads_is_a_failure_and_no_signal),
        CASE(writing_waits_for_the_reader),
        CASE(a_large_pipe_is_filled_in_several_turns),
        CASE(without_descriptors_files_say_so),
        CASE(a_directory_is_a_stage_of_paths),
        CASE(a_tree_is_walked),
        CASE(a_large_directory_is_listed_in_parts),
        CASE(a_directory_that_is_not_there_is_named),
        CASE(a_flow_may_be_closed_while_a_thread_works_for_it),
        CASE(a_loop_of_the_program_finishes_what_was_begun),
    };
    int status;

    fill_many();
    make_folder();
    status = run_tests("files", tests, sizeof tests / sizeof *tests);
    remove_folder();
    return status;
}
