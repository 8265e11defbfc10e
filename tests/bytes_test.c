/* SPDX-License-Identifier: MIT */
/* Operators over bytes, with their input cut into blocks in every way: as one,
 * into two at each place, into three at each two, and into single bytes; with
 * and without pauses. Of those in three, each block ends where memory does. */
#include "harness.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Memory that ends with a block --------------------------------------- */
enum { GUARDED_MOST = 64 };         /* blocks of one feed                   */

/* A copy behind which nothing can be read, in the i-th of so many places. */
static const char *guarded(const char *p, size_t len, size_t i)
{
    static char *places;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = 2 * GUARDED_MOST * page;

    if (places == NULL) {
        places = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (size_t n = 0; n < GUARDED_MOST; n++)
            mprotect(places + (2 * n + 1) * page, page, PROT_NONE);
    }
    MUST(i < GUARDED_MOST && len <= page);
    return memcpy(places + (2 * i + 1) * page - len, p, len);
}

/* ---- Feeding ------------------------------------------------------------- */
enum { SINGLE_BYTES = -1 };

struct feed {
    const char *text;
    size_t len, at, n;              /* n: of the block                      */
    ptrdiff_t first, second;        /* where it is cut; or SINGLE_BYTES     */
    flow_kind kind;
    bool guards, pauses, paused;
};

static size_t block_end(const struct feed *f)
{
    ptrdiff_t at = (ptrdiff_t)f->at;

    if (f->first == SINGLE_BYTES)
        return f->at + 1;
    return at < f->first ? (size_t)f->first
         : at < f->second ? (size_t)f->second : f->len;
}

static flow_value block_of(struct feed *f, size_t len)
{
    flow_value v = flow_literal("");

    if (!f->guards)
        return flow_bytes(f->text + f->at, len);
    v.as.chars = guarded(f->text + f->at, len, f->n++);
    v.size = (uint32_t)len;
    return v;
}

static flow_status feed_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct feed *f = self;

    if (f->pauses && !f->paused) {
        f->paused = true;
        flow_wake(w);
        return FLOW_WAIT;
    }
    f->paused = false;
    if (f->at == f->len)
        return FLOW_DONE;

    size_t end = block_end(f);
    flow_value v = block_of(f, end - f->at);

    if (flow_is_failure(v))
        return flow_raise_in(out, v);
    v.kind = (uint8_t)f->kind;
    f->at = end;
    flow_give(out, v);
    return FLOW_READY;
}

static flow_stage *feed(struct feed f)
{
    static const flow_type type = {
        .name = "feed", .size = sizeof(struct feed), .fill = feed_fill
    };

    f.kind = FLOW_TEXT;
    return flow_stage_new(&type, &f);
}

typedef flow_stage *cutting(flow_stage *s);

static void expect_of(const char *wanted, const char *text, size_t len,
                      cutting *cuts)
{
    ptrdiff_t end = (ptrdiff_t)len;
    struct feed f = { .text = text, .len = len };

    for (f.first = SINGLE_BYTES; f.first <= end; f.first++) {
        f.second = f.first;
        for (int pauses = 0; pauses < 2; pauses++) {
            f.pauses = pauses;
            expect(wanted, cuts(feed(f)));
            expect(wanted, flow_read_ahead(cuts(feed(f)), 3));
        }
    }
    f.guards = true;
    for (f.first = SINGLE_BYTES; f.first <= end; f.first++)
        for (f.second = f.first; f.second <= end; f.second++) {
            f.pauses = f.second % 2;
            expect(wanted, cuts(feed(f)));
        }
}

/* With the zeros in it, and without its last one. */
#define EXPECT_OF(wanted, text, cuts)                                        \
    expect_of((wanted), (text), sizeof(text) - 1, (cuts))

/* As the LIST of what comes, so that empty pieces are seen. */
static flow_stage *listed(flow_stage *s)
{
    return flow_collect(s);
}

/* ---- line_break ---------------------------------------------------------- */
static flow_stage *crlf(flow_stage *s)
{
    return flow_line_break(s, NULL);
}

static flow_stage *crlf_listed(flow_stage *s)
{
    return listed(crlf(s));
}

static flow_stage *lf_listed(flow_stage *s)
{
    return listed(flow_lines(s));
}

static flow_stage *up_to_four(flow_stage *s)
{
    return flow_line_break(s, &(flow_line_options){
        .delimiter = "\r\n", .longest = 4, .trailer = true
    });
}

static flow_stage *lf_up_to_four(flow_stage *s)
{
    return flow_line_break(s, &(flow_line_options){
        .delimiter = "\n", .longest = 4
    });
}

static flow_stage *keeping(flow_stage *s)
{
    return listed(flow_line_break(s, &(flow_line_options){
        .delimiter = "--", .keep = true, .trailer = true
    }));
}

static flow_stage *by_aab(flow_stage *s)
{
    return listed(flow_line_break(s, &(flow_line_options){
        .delimiter = "aab", .trailer = true
    }));
}

TEST(line_break_cuts_at_cr_lf_by_default)
{
    EXPECT_OF("one two three", "one\r\ntwo\r\nthree\r\n", crlf);
    EXPECT_OF("['a', '', 'b', '']", "a\r\n\r\nb\r\n\r\n", crlf_listed);
    EXPECT_OF("['', 'x\\r', '\\ny']", "\r\nx\r\r\n\ny\r\n", crlf_listed);
    EXPECT_OF("[]", "", crlf_listed);
}

TEST(line_break_refuses_a_rest_unless_it_is_a_trailer)
{
    EXPECT_OF("a !Format: the end came in the middle of a line, after 2 bytes "
              "of it", "a\r\nbc", crlf);
    EXPECT_OF("!Format: the end came in the middle of a line, after 1 bytes "
              "of it", "\r", crlf);
    EXPECT_OF("['a', 'bc']", "a\nbc", lf_listed);
    EXPECT_OF("['', 'a', '', 'b']", "\na\n\nb\n", lf_listed);
}

TEST(line_break_finds_delimiters_that_look_like_their_beginning)
{
    EXPECT_OF("['a', 'aaac', 'x']", "aaabaaacaabx", by_aab);
    EXPECT_OF("['', '', 'aa']", "aabaabaa", by_aab);
    EXPECT_OF("['aaa', 'ab']", "aaaaabab", by_aab);
}

TEST(line_break_keeps_the_delimiter_when_asked)
{
    EXPECT_OF("['a--', '--', 'b-c--', '-']", "a----b-c---", keeping);
}

TEST(line_break_allows_lines_up_to_the_longest)
{
    EXPECT_OF("abcd efgh ijkl", "abcd\r\nefgh\r\nijkl", up_to_four);
    EXPECT_OF("a abcd", "a\nabcd\n", lf_up_to_four);
}

TEST(line_break_refuses_a_line_as_soon_as_it_is_too_long)
{
    EXPECT_OF("a !Limit: a line is longer than the 4 bytes that are allowed",
              "a\r\nabcde\r\n", up_to_four);
    EXPECT_OF("!Limit: a line is longer than the 4 bytes that are allowed",
              "abcd\rx", up_to_four);
    EXPECT_OF("!Limit: a line is longer than the 4 bytes that are allowed",
              "abcd\r", up_to_four);
    EXPECT_OF("ab !Limit: a line is longer than the 4 bytes that are allowed",
              "ab\nabcdefghijk", lf_up_to_four);
}

TEST(line_break_does_not_wait_for_a_delimiter_that_comes_too_late)
{
    expect("!Limit: a line is longer than the 4 bytes that are allowed",
           up_to_four(flow_concat(FLOW_STAGES(flow_once(flow_literal("abcde")),
                                              never()))));
    expect("!Limit: a line is longer than the 4 bytes that are allowed",
           lf_up_to_four(flow_concat(FLOW_STAGES(
               flow_once(flow_literal("abcde")), never()))));
}

TEST(line_break_shares_its_input)
{
    char *p;
    flow_value whole = flow_buffer(10, &p);

    if (p != NULL)
        memcpy(p, "abc\ndefgh\n", 10);

    const char *chars = p;
    flow_stage *s = flow_lines(flow_once(whole));
    flow_value v;
    size_t n;

    if (flow_block(s, &v)) {
        CHECK(flow_chars(&v, &n) == chars && n == 3);
        CHECK(v.kind == FLOW_BYTES);
        flow_drop(v);
    }
    if (flow_block(s, &v)) {
        CHECK(flow_chars(&v, &n) == chars + 4 && n == 5);
        flow_drop(v);
    }
    flow_close(s);
}

TEST(line_break_lets_results_go_before_a_failure)
{
    expect("a b !Invalid: scripted",
           flow_line_break(script("a|b|c!"),
                           &(flow_line_options){ .delimiter = "|" }));
}

TEST(line_break_lets_settled_errors_go_by)
{
    expect("a <Invalid: scripted> b",
           flow_line_break(flow_trap(script("a|b!"), FLOW_EINVAL),
                           &(flow_line_options){ .delimiter = "|",
                                                 .trailer = true }));
}

TEST(line_break_wants_a_delimiter)
{
    expect("!Invalid: flow_line_break: give a delimiter of 1 byte or more",
           flow_line_break(script("a"),
                           &(flow_line_options){ .delimiter = "" }));
}

TEST(line_break_makes_bytes_of_text_and_bytes_together)
{
    flow_value a = flow_literal("ab"), b = flow_literal("c\nd\n");

    b.kind = FLOW_BYTES;
    expect("[b'abc', b'd']",
           listed(flow_lines(flow_list((flow_value[]){ a, b }, 2))));
    expect("['ab', b'd']",
           listed(flow_lines(flow_list((flow_value[]){
               flow_literal("ab\n"), flow_slice(&b, 2, 2) }, 2))));
}

/* ---- chunk --------------------------------------------------------------- */
static flow_stage *by_three(flow_stage *s)
{
    return flow_chunk(s, 3);
}

static flow_stage *by_one(flow_stage *s)
{
    return flow_chunk(s, 1);
}

TEST(chunk_cuts_pieces_of_one_size)
{
    EXPECT_OF("abc def gh", "abcdefgh", by_three);
    EXPECT_OF("abc def", "abcdef", by_three);
    EXPECT_OF("ab", "ab", by_three);
    EXPECT_OF("", "", by_three);
    EXPECT_OF("a b c", "abc", by_one);
}

TEST(chunk_wants_a_size)
{
    expect("!Invalid: flow_chunk: give a size of 1 byte or more, and below "
           "4 GiB", flow_chunk(script("a"), 0));
}

/* ---- prefixed ------------------------------------------------------------ */
static flow_stage *one_byte(flow_stage *s)
{
    return listed(flow_prefixed(s, 1, false, 10));
}

static flow_stage *two_big(flow_stage *s)
{
    return listed(flow_prefixed(s, 2, false, 300));
}

static flow_stage *two_little(flow_stage *s)
{
    return listed(flow_prefixed(s, 2, true, 300));
}

static flow_stage *four_little(flow_stage *s)
{
    return listed(flow_prefixed(s, 4, true, 300));
}

static flow_stage *four_big(flow_stage *s)
{
    return flow_prefixed(s, 4, false, 4);
}

TEST(prefixed_cuts_strings_behind_their_length)
{
    EXPECT_OF("['abc', '', 'x']", "\3abc\0\1x", one_byte);
    EXPECT_OF("['abc', '', 'x']", "\0\3abc\0\0\0\1x", two_big);
    EXPECT_OF("['abc', '', 'x']", "\3\0abc\0\0\1\0x", two_little);
    EXPECT_OF("['abc', '', 'x']", "\3\0\0\0abc\0\0\0\0\1\0\0\0x", four_little);
    EXPECT_OF("[]", "", four_little);
}

TEST(prefixed_refuses_what_is_too_long_before_it_has_come)
{
    EXPECT_OF("ab !Limit: a prefixed string is longer than the 4 bytes that "
              "are allowed", "\0\0\0\2ab\0\0\0\5", four_big);
    EXPECT_OF("!Limit: a prefixed string is longer than the 4 bytes that are "
              "allowed", "\377\377\377\377", four_big);
}

TEST(prefixed_refuses_an_end_in_the_middle)
{
    EXPECT_OF("a !Format: the end came in the middle of a prefixed string, "
              "after 2 bytes of it", "\0\0\0\1a\0\0\0\3bc", four_big);
    EXPECT_OF("!Format: the end came in the middle of a prefixed string, "
              "after 0 bytes of it", "\0\0", four_big);
}

TEST(prefixed_wants_a_width_and_a_longest)
{
    expect("!Invalid: flow_prefixed: give a width of 1, 2 or 4 bytes",
           flow_prefixed(script("a"), 3, false, 1));
    expect("!Invalid: flow_prefixed: say how many bytes the longest string may "
           "have, 1 or more", flow_prefixed(script("a"), 1, false, 0));
    expect("!Invalid: flow_add_prefix: give a width of 1, 2 or 4 bytes",
           flow_add_prefix(script("a"), 0, false));
}

static flow_stage *there_and_back(flow_stage *s)
{
    return listed(flow_prefixed(flow_add_prefix(flow_chunk(s, 2), 2, true), 2,
                                true, 2));
}

TEST(add_prefix_is_undone_by_prefixed)
{
    EXPECT_OF("[b'ab', b'cd', b'e']", "abcde", there_and_back);
    expect("[b'\\x00\\x01a']",
           listed(flow_add_prefix(script("a"), 2, false)));
    expect("[b'\\x01\\x00\\x00\\x00a']",
           listed(flow_add_prefix(script("a"), 4, true)));
}

TEST(add_prefix_refuses_what_has_no_prefix)
{
    char *p;
    flow_value v = flow_buffer(256, &p);

    if (p != NULL)
        memset(p, 'x', 256);
    expect("!Limit: flow_add_prefix: the length of a string of 256 bytes does "
           "not fit in 1", flow_add_prefix(flow_once(v), 1, false));
}

/* ---- netstrings ---------------------------------------------------------- */
static flow_stage *netstrings(flow_stage *s)
{
    return flow_netstrings(s, 12);
}

static flow_stage *netstrings_listed(flow_stage *s)
{
    return listed(netstrings(s));
}

TEST(netstrings_are_cut)
{
    EXPECT_OF("['hello', '', 'a,b:3', '0123456789']",
              "5:hello,0:,5:a,b:3,10:0123456789,", netstrings_listed);
    EXPECT_OF("[]", "", netstrings_listed);
}

TEST(netstrings_must_be_well_formed)
{
    EXPECT_OF("a !Format: a netstring must end in ','", "1:a,2:abc",
              netstrings);
    EXPECT_OF("!Format: the length of a netstring has a leading zero",
              "01:a,", netstrings);
    EXPECT_OF("!Format: the length of a netstring must be digits and a colon",
              ":a,", netstrings);
    EXPECT_OF("!Format: the length of a netstring must be digits and a colon",
              "1x:a,", netstrings);
    EXPECT_OF("!Format: the end came in the middle of a netstring, after 1 "
              "bytes of it", "1:a", netstrings);
    EXPECT_OF("!Format: the end came in the middle of a netstring, after 0 "
              "bytes of it", "1", netstrings);
}

TEST(netstrings_have_a_longest)
{
    EXPECT_OF("!Limit: a netstring is longer than the 12 bytes that are "
              "allowed", "13", netstrings);
    EXPECT_OF("!Limit: a netstring is longer than the 12 bytes that are "
              "allowed", "99999999999999999999999", netstrings);
    expect("!Invalid: flow_netstrings: say how many bytes the longest string "
           "may have, 1 or more", flow_netstrings(script("a"), 0));
}

static flow_stage *net_there_and_back(flow_stage *s)
{
    return listed(flow_netstrings(flow_add_netstring(flow_chunk(s, 2)), 2));
}

TEST(add_netstring_is_undone_by_netstrings)
{
    EXPECT_OF("['ab', 'cd', 'e']", "abcde", net_there_and_back);
    expect("1:a, 1:b,", flow_add_netstring(script("a.b")));
}

/* ---- add_delimiter ------------------------------------------------------- */
TEST(add_delimiter_ends_each_piece)
{
    expect("['a\\r\\n', 'b\\r\\n']",
           listed(flow_add_delimiter(script("a.b"), "\r\n")));
    expect("a b", flow_add_delimiter(script("ab"), ""));
    expect("a; <Invalid: scripted>",
           flow_add_delimiter(flow_trap(script("a!"), FLOW_EINVAL), ";"));
    expect("!Invalid: flow_add_delimiter: give a delimiter, not NULL",
           flow_add_delimiter(script("a"), NULL));
}

/* ---- join ---------------------------------------------------------------- */
static flow_stage *joined(flow_stage *s)
{
    return flow_join(s, 8);
}

TEST(join_makes_one_of_all)
{
    EXPECT_OF("abcdefgh", "abcdefgh", joined);
    expect("[b'']", listed(joined(script(""))));
    expect("['ab']", listed(joined(script("a_b"))));
}

TEST(join_gives_a_piece_that_comes_alone_as_it_is)
{
    flow_value v = flow_text("alone", 5);
    size_t n;
    const char *chars = flow_chars(&v, &n);
    flow_stage *s = joined(flow_once(v));

    if (flow_block(s, &v)) {
        CHECK(flow_chars(&v, &n) == chars);
        flow_drop(v);
    }
    flow_close(s);
}

TEST(join_has_a_longest)
{
    EXPECT_OF("!Limit: a joined piece is longer than the 8 bytes that are "
              "allowed", "abcdefghi", joined);
    expect("!Invalid: scripted", joined(script("abc!")));
}

/* ---- Sharing ------------------------------------------------------------- */
struct span { size_t from, len; };

static flow_stage *crlf_trailing(flow_stage *s)
{
    return flow_line_break(s, &(flow_line_options){ .trailer = true });
}

static flow_stage *joined_all(flow_stage *s)
{
    return flow_join(s, 64);
}

static flow_stage *one_byte_each(flow_stage *s)
{
    return flow_prefixed(s, 1, false, 10);
}

/* The input in two blocks, however it is cut: a piece lies in its block, or it
 * was cut in two and is a copy. */
static void expect_shared(cutting *cuts, const char *text, size_t len,
                          const struct span *pieces, size_t n, size_t cut)
{
    flow_value whole = flow_bytes(text, len), v;
    const char *chars = flow_chars(&whole, &(size_t){ 0 }), *p;
    flow_stage *s = cuts(flow_list(FLOW_VALUES(
        flow_slice(&whole, 0, cut), flow_slice(&whole, cut, len - cut))));

    for (size_t i = 0; i < n && flow_block(s, &v); i++) {
        size_t from = pieces[i].from, to = from + pieces[i].len, size;

        p = flow_chars(&v, &size);
        CHECK(size == pieces[i].len && memcmp(p, text + from, size) == 0);
        CHECK((p == chars + from) == (to <= cut || from >= cut));
        flow_drop(v);
    }
    CHECK(!flow_block(s, &v) && flow_failure(s) == NULL);
    flow_close(s);
    flow_drop(whole);
}

#define EXPECT_SHARED(cuts, text, ...)                                       \
    for (size_t cut = 0; cut < sizeof(text); cut++)                          \
        expect_shared((cuts), (text), sizeof(text) - 1,                      \
                      (const struct span[]){ __VA_ARGS__ },                  \
                      sizeof((const struct span[]){ __VA_ARGS__ })           \
                          / sizeof(struct span), cut)

TEST(pieces_share_the_block_they_lie_in)
{
    EXPECT_SHARED(crlf_trailing, "ab\r\ncdef\r\ng",
                  { 0, 2 }, { 4, 4 }, { 10, 1 });
    EXPECT_SHARED(by_three, "abcdefgh", { 0, 3 }, { 3, 3 }, { 6, 2 });
    EXPECT_SHARED(one_byte_each, "\3abc\1x\2yz", { 1, 3 }, { 5, 1 }, { 7, 2 });
    EXPECT_SHARED(netstrings, "5:hello,1:x,2:yz,", { 2, 5 }, { 10, 1 },
                  { 14, 2 });
    EXPECT_SHARED(joined_all, "abcdefgh", { 0, 8 });
}

/* As far from the header of its buffer as a value can tell, and farther. */
TEST(pieces_share_blocks_of_any_size)
{
    enum { SIZE = (1 << 24) + 6 };
    char *p;
    flow_value whole = flow_buffer(SIZE, &p), v;
    flow_stage *s;
    int n = 0;

    if (p == NULL) {
        flow_drop(whole);
        return;
    }
    memcpy(p + SIZE - 15, "a\nbc\nd\ne\nfgh\ni", 15);
    v = flow_slice(&whole, SIZE - 15, 15);
    flow_drop(whole);
    s = flow_lines(flow_once(v));
    for (; flow_block(s, &v); n++) {
        static const size_t at[] = { 15, 13, 10, 8, 6, 2 };
        size_t len;

        CHECK(flow_chars(&v, &len) == p + SIZE - at[n < 6 ? n : 5]);
        flow_drop(v);
    }
    CHECK(n == 6);
    flow_failure(s);
    flow_close(s);
}

/* ---- In time ------------------------------------------------------------- */
static flow_stage *then_never(const char *text, cutting *cuts)
{
    return cuts(flow_concat(FLOW_STAGES(flow_once(flow_literal(text)),
                                        never())));
}

TEST(pieces_come_as_soon_as_they_are_whole)
{
    expect("ab cd !stuck", then_never("ab\r\ncd\r\n", crlf));
    expect("abc def !stuck", then_never("abcdef", by_three));
    expect("abc x !stuck", then_never("\3abc\1x", one_byte_each));
    expect("hello !stuck", then_never("5:hello,", netstrings));
}

/* ---- Other values -------------------------------------------------------- */
static const flow_class nothing = { .name = "nothing" };

TEST(operators_over_bytes_say_who_they_are_and_what_they_got)
{
#define REFUSES(name, kind)                                                  \
    "!Invalid: flow_" name " takes text or bytes, and got " kind             \
    ": make text of it with flow_map"

    expect(REFUSES("line_break", "an int"), flow_lines(numbers(1)));
    expect(REFUSES("chunk", "none"), flow_chunk(flow_once(flow_none()), 1));
    expect(REFUSES("prefixed", "a bool"),
           flow_prefixed(flow_once(flow_bool(true)), 1, false, 1));
    expect(REFUSES("netstrings", "a real"),
           flow_netstrings(flow_once(flow_real(1.5)), 1));
    expect(REFUSES("join", "a list"),
           flow_join(flow_once(flow_pack(FLOW_VALUES("a"))), 1));
    expect(REFUSES("add_prefix", "a tuple"),
           flow_add_prefix(flow_once(flow_tuple(FLOW_VALUES("a", "b"))), 1,
                           false));
    expect(REFUSES("add_netstring", "a box"),
           flow_add_netstring(flow_once(flow_box(&nothing, NULL))));
    expect(REFUSES("add_delimiter", "an int"),
           flow_add_delimiter(numbers(1), "\n"));
    expect(REFUSES("join", "a value of no kind"),
           flow_join(flow_once((flow_value){ .kind = 99 }), 1));
    expect("ab " REFUSES("join", "an int"),
           flow_concat(FLOW_STAGES(flow_join(script("ab"), 2),
                                   flow_join(numbers(1), 2))));
#undef REFUSES
}

int main(void)
{
    static const struct test tests[] = {
        CASE(line_break_cuts_at_cr_lf_by_default),
        CASE(line_break_refuses_a_rest_unless_it_is_a_trailer),
        CASE(line_break_finds_delimiters_that_look_like_their_beginning),
        CASE(line_break_keeps_the_delimiter_when_asked),
        CASE(line_break_allows_lines_up_to_the_longest),
        CASE(line_break_refuses_a_line_as_soon_as_it_is_too_long),
        CASE(line_break_does_not_wait_for_a_delimiter_that_comes_too_late),
        CASE(line_break_shares_its_input),
        CASE(line_break_lets_results_go_before_a_failure),
        CASE(line_break_lets_settled_errors_go_by),
        CASE(line_break_wants_a_delimiter),
        CASE(line_break_makes_bytes_of_text_and_bytes_together),
        CASE(chunk_cuts_pieces_of_one_size),
        CASE(chunk_wants_a_size),
        CASE(prefixed_cuts_strings_behind_their_length),
        CASE(prefixed_refuses_what_is_too_long_before_it_has_come),
        CASE(prefixed_refuses_an_end_in_the_middle),
        CASE(prefixed_wants_a_width_and_a_longest),
        CASE(add_prefix_is_undone_by_prefixed),
        CASE(add_prefix_refuses_what_has_no_prefix),
        CASE(netstrings_are_cut),
        CASE(netstrings_must_be_well_formed),
        CASE(netstrings_have_a_longest),
        CASE(add_netstring_is_undone_by_netstrings),
        CASE(add_delimiter_ends_each_piece),
        CASE(join_makes_one_of_all),
        CASE(join_gives_a_piece_that_comes_alone_as_it_is),
        CASE(join_has_a_longest),
        CASE(pieces_share_the_block_they_lie_in),
        CASE(pieces_share_blocks_of_any_size),
        CASE(pieces_come_as_soon_as_they_are_whole),
        CASE(operators_over_bytes_say_who_they_are_and_what_they_got),
    };
    return run_tests("bytes", tests, sizeof tests / sizeof *tests);
}
