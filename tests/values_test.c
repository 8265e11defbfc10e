/* SPDX-License-Identifier: MIT */
/* Values: made, written, shared, cut, compared. */
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof (array) / sizeof *(array))

/* ---- Writing ----------------------------------------------------------- */
TEST(small_values_are_written_as_people_write_them)
{
    expect("None True False 12 -3 2.5 1.0 two",
           flow_list(FLOW_VALUES(flow_none(), flow_bool(true),
                                 flow_bool(false), 12, -3, 2.5, 1.0, "two")));
}

TEST(the_largest_and_smallest_integers_are_written_whole)
{
    expect("9223372036854775807 -9223372036854775808",
           flow_list(FLOW_VALUES(flow_int(INT64_MAX), flow_int(INT64_MIN))));
}

TEST(text_is_quoted_inside_lists_only)
{
    expect("two [1, 'two', (3, None)]",
           flow_list(FLOW_VALUES(
               "two",
               flow_pack(FLOW_VALUES(1, "two", flow_tuple(FLOW_VALUES(
                   3, flow_none())))))));
}

TEST(text_that_is_quoted_has_its_quotes_and_controls_escaped)
{
    expect("['it\\'s', 'a\\\\b', '\\t\\r\\n', '\\x01\\x7f']",
           flow_once(flow_pack(FLOW_VALUES("it's", "a\\b", "\t\r\n",
                                           "\1\177"))));
}

TEST(bytes_are_written_raw_and_inside_lists_with_a_b)
{
    expect("raw [b'raw']",
           flow_list(FLOW_VALUES(flow_bytes("raw", 3),
                                 flow_pack(FLOW_VALUES(flow_bytes("raw",
                                                                  3))))));
}

TEST(empty_lists_and_tuples_are_written)
{
    expect("[] ()", flow_list(FLOW_VALUES(flow_pack(NULL, 0),
                                          flow_tuple(NULL, 0))));
}

TEST(a_settled_error_is_written_with_its_class_and_message)
{
    static const flow_error_class io_error[1] = {{ "IOError", FLOW_EANY }};

    expect("<IOError: trap>",
           flow_once(flow_settle(flow_error(io_error, 0, "trap"))));
}

TEST(print_ends_the_line)
{
    char *text;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    flow_print(to, flow_text("one", 3));
    flow_print(to, flow_int(2));
    fclose(to);
    CHECK(strcmp(text, "one\n2\n") == 0);
    free(text);
}

/* ---- Making ------------------------------------------------------------ */
TEST(text_is_a_copy)
{
    char s[] = "copied";
    flow_value v = flow_text(s, 6);

    s[0] = 'X';
    expect("copied", flow_once(v));
}

TEST(text_is_formatted_as_by_printf)
{
    expect("7 of 9", flow_once(flow_textf("%d of %s", 7, "9")));
}

TEST(formatted_text_may_be_long)
{
    flow_value v = flow_textf("%0*d", 5000, 1);
    size_t n;
    const char *s = flow_chars(&v, &n);

    CHECK(n == 5000 && s[0] == '0' && s[4999] == '1');
    flow_drop(v);
}

TEST(text_without_memory_is_an_error_that_fails_its_flow)
{
    flow_value v = flow_text("some text that needs memory", 27);

    CHECK(v.kind == FLOW_TEXT);
    MUST(v.kind == FLOW_TEXT
         || (flow_is_failure(v) && flow_is(&v, FLOW_ENOMEM)));
    flow_drop(v);
}

TEST(empty_text_is_text)
{
    flow_value v = flow_text("", 0), w = flow_literal("");
    size_t n = 9;

    CHECK(v.kind == FLOW_TEXT && flow_chars(&v, &n) != NULL && n == 0);
    CHECK(flow_compare(&v, &w) == 0);
    flow_drop(v);
}

TEST(a_buffer_is_filled_in_place)
{
    char *p;
    flow_value v = flow_buffer(3, &p);

    CHECK(v.kind == FLOW_BYTES && p != NULL);
    if (p != NULL)
        memcpy(p, "abc", 3);
    expect("abc", flow_once(v));
}

TEST(of_makes_a_value_of_what_it_is_given)
{
    short s = 3;
    bool yes = true;                        /* `true` itself is an int in C */
    char *text = (char []){ "text" };

    CHECK(flow_of(yes).kind == FLOW_BOOL && flow_of(yes).as.yes);
    CHECK(flow_of(s).as.num == 3 && flow_of(4L).as.num == 4);
    CHECK(flow_of(5u).as.num == 5 && flow_of(6LL).as.num == 6);
    CHECK(flow_of(0.5f).as.real == 0.5);
    CHECK(flow_of(text).kind == FLOW_TEXT);
    CHECK(flow_of(flow_none()).kind == FLOW_NONE);
}

/* ---- Looking ----------------------------------------------------------- */
TEST(what_has_no_text_gives_none)
{
    flow_value v = flow_int(1);
    size_t n = 5;

    CHECK(flow_chars(&v, &n) == NULL && n == 0);
}

TEST(the_items_of_a_list_are_in_order)
{
    flow_value list = flow_pack(FLOW_VALUES(1, 2, 3));
    size_t n;
    const flow_value *item = flow_items(&list, &n);

    CHECK(list.kind == FLOW_LIST && n == 3);
    CHECK(n == 3 && item[0].as.num == 1 && item[2].as.num == 3);
    flow_drop(list);
}

TEST(what_is_no_list_has_no_items)
{
    flow_value v = flow_literal("text");
    size_t n = 5;

    CHECK(flow_items(&v, &n) == NULL && n == 0);
}

TEST(none_false_zero_and_empty_are_not_true)
{
    flow_value not[] = { flow_none(), flow_bool(false), flow_int(0),
                         flow_real(0), flow_literal(""), flow_bytes("", 0),
                         flow_pack(NULL, 0), flow_tuple(NULL, 0) };
    flow_value yes[] = { flow_bool(true), flow_int(-1), flow_real(0.5),
                         flow_literal("0"), flow_bytes("\0", 1),
                         flow_pack(FLOW_VALUES(0)) };

    for (size_t i = 0; i < N(not); i++) {
        CHECK(!flow_true(&not[i]));
        flow_drop(not[i]);
    }
    for (size_t i = 0; i < N(yes); i++) {
        CHECK(flow_true(&yes[i]));
        flow_drop(yes[i]);
    }
}

/* ---- Sharing ----------------------------------------------------------- */
TEST(a_shared_value_lives_until_its_last_owner_drops_it)
{
    flow_value v = flow_text("shared by two", 13), w = flow_share(v);

    flow_drop(v);
    expect("shared by two", flow_once(w));
}

TEST(a_list_drops_its_items_with_it)
{
    flow_value text = flow_text("in a list", 9);
    flow_value list = flow_pack(FLOW_VALUES(flow_share(text), 2));

    flow_drop(list);
    expect("in a list", flow_once(text));
}

TEST(deeply_nested_lists_are_dropped)
{
    flow_value v = flow_int(0);

    for (int n = 0; n < 200; n++)
        v = flow_pack(&v, 1);
    flow_drop(v);
}

static flow_value nested(int depth)
{
    flow_value v = flow_int(0);

    for (int n = 0; n < depth; n++)
        v = flow_pack(&v, 1);
    return v;
}

static bool is_written(const flow_value *v, const char *text)
{
    char *written = NULL;
    size_t size;
    FILE *to = open_memstream(&written, &size);
    bool same;

    flow_write(to, v);
    fclose(to);
    same = strcmp(written, text) == 0;
    free(written);
    return same;
}

TEST(lists_may_be_nested_to_any_depth)
{
    enum { DEPTH = 100000 };
    flow_value v = nested(DEPTH), same = flow_share(v), other = nested(DEPTH);
    flow_value shallow = nested(2);
    char text[300];

    CHECK(flow_compare(&v, &same) == 0 && flow_hash(&v) == flow_hash(&same));
    CHECK(flow_compare(&v, &other) == -flow_compare(&other, &v));
    CHECK(flow_compare(&v, &shallow) != 0);
    memset(text, '[', 101);
    strcpy(text + 101, "...");
    memset(text + 104, ']', 101);
    text[205] = '\0';
    CHECK(is_written(&v, text));
    flow_drop(v);
    flow_drop(same);
    flow_drop(other);
    flow_drop(shallow);
}

TEST(what_cannot_be_printed_is_an_error)
{
    flow_value v = flow_textf("%ls", L"\x10ffff");
    flow_value e = flow_error(FLOW_EINVAL, 0, "%ls", L"\x10ffff");

    CHECK(flow_is(&v, FLOW_EINVAL));
    CHECK(flow_is(&e, FLOW_EINVAL) && strcmp(flow_message(&e), "") == 0);
    flow_drop(v);
    flow_drop(e);
}

TEST(text_beyond_what_a_value_holds_is_an_error)
{
    flow_value v = flow_text("short", (size_t)UINT32_MAX + 1);

    CHECK(flow_is(&v, FLOW_ELIMIT));
    flow_drop(v);
}

TEST(a_list_beyond_what_a_value_holds_is_an_error)
{
    static const flow_value one[1];

    expect("!Limit: a list of 4294967296 items; a value holds at most "
           "4294967295", flow_list(one, (size_t)UINT32_MAX + 1));
    expect("!Limit: a list of 4294967296 items; a value holds at most "
           "4294967295", flow_once(flow_tuple(one, (size_t)UINT32_MAX + 1)));
}

TEST(a_list_of_no_array_is_an_error)
{
    expect("!Invalid: a list of 2 items: give an array of them, not NULL",
           flow_once(flow_pack(NULL, 2)));
    expect("!Invalid: a list of 1 items: give an array of them, not NULL",
           flow_once(flow_tuple(NULL, 1)));
}

/* A value is 16 bytes that anybody may have written to. */
TEST(a_value_of_no_kind_there_is_does_no_harm)
{
    flow_value v = { .kind = 99 }, w = { .kind = 99, .size = 1 };

    CHECK(flow_compare(&v, &w) == 0 && flow_hash(&v) == flow_hash(&w));
    CHECK(!flow_true(&v));
    CHECK(flow_write(stderr, &v) == EOF);
}

static bool shares(const flow_value *part, const flow_value *whole, size_t at)
{
    size_t n;

    return flow_chars(part, &n) == flow_chars(whole, &n) + at;
}

TEST(a_slice_shares_the_buffer)
{
    flow_value v = flow_text("hello, world", 12);
    flow_value w = flow_slice(&v, 7, 5);

    CHECK(shares(&w, &v, 7));
    flow_drop(v);
    expect("world", flow_once(w));
}

TEST(a_slice_of_a_slice_shares_the_buffer)
{
    flow_value v = flow_bytes("hello, world", 12);
    flow_value w = flow_slice(&v, 7, 5), x = flow_slice(&w, 1, 2);

    CHECK(x.kind == FLOW_BYTES && shares(&x, &v, 8));
    flow_drop(v);
    flow_drop(w);
    expect("or", flow_once(x));
}

TEST(a_slice_of_a_literal_shares_it)
{
    flow_value v = flow_literal("literal"), w = flow_slice(&v, 2, 3);

    CHECK(shares(&w, &v, 2));
    expect("ter", flow_once(w));
}

TEST(the_bounds_of_a_slice_are_cut_to_what_is_there)
{
    flow_value v = flow_text("abcdef", 6);
    flow_value list = flow_tuple(FLOW_VALUES(
        flow_slice(&v, 4, 99), flow_slice(&v, 9, 1), flow_slice(&v, 0, 0),
        flow_slice(&v, 1, SIZE_MAX), flow_slice(&v, SIZE_MAX, SIZE_MAX)));

    flow_drop(v);
    expect("('ef', '', '', 'bcdef', '')", flow_once(list));
}

enum { FAR = 17 << 20 };

TEST(slices_share_beyond_sixteen_mebibytes)
{
    char *p;
    flow_value v = flow_buffer(FAR + 8, &p);

    if (p != NULL)
        memcpy(p + FAR, "far away", 8);

    flow_value w = flow_slice(&v, FAR, 8);
    flow_value x = flow_slice(&w, 4, 4);

    CHECK(shares(&w, &v, FAR) && shares(&x, &v, FAR + 4));
    flow_drop(v);
    flow_drop(w);
    expect("away", flow_once(x));
}

TEST(slices_are_right_around_every_power_of_two)
{
    char *p;
    flow_value v = flow_buffer(FAR, &p);

    for (size_t at = 1; p != NULL && at < FAR; at *= 2)
        for (size_t from = at - 1; from <= at + 1 && from < FAR; from++) {
            flow_value w = flow_slice(&v, from, 1);

            CHECK(shares(&w, &v, from));
            flow_drop(w);
        }
    flow_drop(v);
}

/* ---- Boxes ------------------------------------------------------------- */
static int released;

static void release(void *p)
{
    released++;
    free(p);
}

static int by_content(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static uint64_t content(const void *p)
{
    return (uint64_t)*(const int *)p;
}

static int print_it(FILE *to, const void *p)
{
    return fprintf(to, "<thing %d>", *(const int *)p);
}

static const flow_class thing[1] = {{
    "thing", release, by_content, content, print_it
}};
static const flow_class plain[1] = {{ .name = "plain" }};

static flow_value new_thing(int n)
{
    int *p = malloc(sizeof *p);

    *p = n;
    return flow_box(thing, p);
}

TEST(a_box_is_released_once_with_its_last_owner)
{
    released = 0;

    flow_value v = new_thing(5), w = flow_share(v);

    flow_drop(v);
    CHECK(released == 0);
    expect("<thing 5>", flow_once(w));
    MUST(released == 1);
}

TEST(a_box_without_memory_is_released)
{
    released = 0;
    flow_drop(new_thing(1));
    MUST(released == 1);
}

TEST(a_box_is_opened_by_its_class_only)
{
    static int p;
    flow_value v = flow_box(plain, &p), n = flow_int(1);

    CHECK(flow_unbox(&v, plain) == &p);
    CHECK(flow_unbox(&v, thing) == NULL);
    CHECK(flow_unbox(&n, plain) == NULL);
    flow_drop(v);
}

TEST(boxes_of_a_class_compare_as_it_says)
{
    flow_value a = new_thing(1), b = new_thing(1), c = new_thing(2);

    CHECK(flow_compare(&a, &b) == 0 && flow_hash(&a) == flow_hash(&b));
    CHECK(flow_compare(&a, &c) < 0 && flow_compare(&c, &a) > 0);
    flow_drop(a);
    flow_drop(b);
    flow_drop(c);
}

/* ---- Order ------------------------------------------------------------- */
static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void check_order(int wanted, flow_value a, flow_value b)
{
    CHECK(sign(flow_compare(&a, &b)) == wanted);
    CHECK(sign(flow_compare(&b, &a)) == -wanted);
    flow_drop(a);
    flow_drop(b);
}

TEST(numbers_compare_by_size_whatever_their_kind)
{
    check_order(0, flow_int(1), flow_real(1));
    check_order(-1, flow_int(1), flow_real(1.5));
    check_order(-1, flow_real(-INFINITY), flow_int(INT64_MIN));
    check_order(1, flow_real(INFINITY), flow_int(INT64_MAX));
    check_order(1, flow_int((1LL << 53) + 1), flow_real(0x1p53));
    check_order(-1, flow_int(INT64_MAX), flow_real(0x1p63));
    check_order(0, flow_int(INT64_MIN), flow_real(-0x1p63));
    check_order(0, flow_real(0.0), flow_real(-0.0));
}

TEST(text_compares_by_content)
{
    check_order(-1, flow_literal("abc"), flow_text("abd", 3));
    check_order(-1, flow_literal("ab"), flow_text("abc", 3));
    check_order(0, flow_literal("abc"), flow_text("abc", 3));
    check_order(-1, flow_bytes("a\0a", 3), flow_bytes("a\0b", 3));
    check_order(1, flow_literal("\xff"), flow_literal("a"));
}

TEST(lists_compare_by_their_items)
{
    check_order(-1, flow_pack(FLOW_VALUES(1, 2)), flow_pack(FLOW_VALUES(1, 3)));
    check_order(-1, flow_pack(FLOW_VALUES(1)), flow_pack(FLOW_VALUES(1, 2)));
    check_order(0, flow_pack(FLOW_VALUES(1, "a")),
                flow_pack(FLOW_VALUES(1.0, "a")));
}

static size_t all_kinds(flow_value *v)
{
    static int one, two;
    const flow_value all[] = {
        flow_none(), flow_bool(false), flow_bool(true),
        flow_int(0), flow_int(1), flow_int(-1), flow_int(INT64_MIN),
        flow_int(INT64_MAX), flow_int(1LL << 53), flow_int((1LL << 53) + 1),
        flow_int(INT64_MAX - 511),
        flow_real(0.0), flow_real(-0.0), flow_real(1), flow_real(-1),
        flow_real(0.5), flow_real(0x1p53), flow_real(0x1p63),
        flow_real(-0x1p63), flow_real(1e300), flow_real(INFINITY),
        flow_real(-INFINITY), flow_real(NAN), flow_real(-NAN),
        flow_literal(""), flow_literal("a"), flow_literal("ab"),
        flow_literal("b"), flow_text("a", 1), flow_text("ab", 2),
        flow_bytes("", 0), flow_bytes("a", 1), flow_bytes("ab", 2),
        flow_bytes("\xff", 1),
        flow_pack(NULL, 0), flow_pack(FLOW_VALUES(0)),
        flow_pack(FLOW_VALUES(0.0)), flow_pack(FLOW_VALUES(1, "a")),
        flow_pack(FLOW_VALUES(1, flow_bytes("a", 1))),
        flow_pack(FLOW_VALUES(flow_pack(FLOW_VALUES(1)))),
        flow_tuple(NULL, 0), flow_tuple(FLOW_VALUES(0)),
        flow_tuple(FLOW_VALUES(1, "a")), flow_tuple(FLOW_VALUES(1.0, "a")),
        new_thing(1), new_thing(1), new_thing(2),
        flow_box(plain, &one), flow_box(plain, &two),
        flow_settle(flow_error(FLOW_EINVAL, 1, "a")),
        flow_settle(flow_error(FLOW_EINVAL, 1, "a")),
        flow_settle(flow_error(FLOW_EINVAL, 2, "a")),
        flow_settle(flow_error(FLOW_ELIMIT, 1, "b")),
    };

    memcpy(v, all, sizeof all);
    return N(all);
}

TEST(the_order_is_total_and_what_compares_equal_hashes_alike)
{
    flow_value v[64];
    size_t n = all_kinds(v);

    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            int ab = sign(flow_compare(&v[a], &v[b]));

            CHECK(ab == -sign(flow_compare(&v[b], &v[a])));
            CHECK(a != b || ab == 0);
            CHECK(ab != 0 || flow_hash(&v[a]) == flow_hash(&v[b]));
            for (size_t c = 0; c < n; c++)
                CHECK(ab > 0 || flow_compare(&v[b], &v[c]) > 0
                      || flow_compare(&v[a], &v[c]) <= 0);
        }
    for (size_t a = 0; a < n; a++)
        flow_drop(v[a]);
}

TEST(kinds_that_are_not_alike_are_told_apart)
{
    flow_value v[64];
    size_t n = all_kinds(v);

    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            bool alike = (v[a].kind == v[b].kind)
                      || (v[a].kind <= FLOW_REAL && v[b].kind <= FLOW_REAL)
                      || (v[a].kind >= FLOW_TEXT && v[b].kind >= FLOW_TEXT
                          && v[a].kind <= FLOW_BYTES
                          && v[b].kind <= FLOW_BYTES);

            CHECK(alike || flow_compare(&v[a], &v[b]) != 0);
        }
    for (size_t a = 0; a < n; a++)
        flow_drop(v[a]);
}

TEST(very_deep_lists_are_written_in_part)
{
    flow_value v = flow_int(0);
    char *text;
    size_t n;
    FILE *to = open_memstream(&text, &n);

    for (int depth = 0; depth < 500; depth++)
        v = flow_pack(&v, 1);
    flow_write(to, &v);
    fclose(to);
    CHECK(strstr(text, "[...]") != NULL);
    free(text);
    flow_drop(v);
}

TEST(what_has_no_bytes_has_no_slice)
{
    flow_value v = flow_int(1), w = flow_slice(&v, 0, 1);

    CHECK(flow_is_failure(w) && flow_is(&w, FLOW_EINVAL));
    flow_drop(w);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(small_values_are_written_as_people_write_them),
        CASE(the_largest_and_smallest_integers_are_written_whole),
        CASE(text_is_quoted_inside_lists_only),
        CASE(text_that_is_quoted_has_its_quotes_and_controls_escaped),
        CASE(bytes_are_written_raw_and_inside_lists_with_a_b),
        CASE(empty_lists_and_tuples_are_written),
        CASE(a_settled_error_is_written_with_its_class_and_message),
        CASE(print_ends_the_line),
        CASE(text_is_a_copy),
        CASE(text_is_formatted_as_by_printf),
        CASE(formatted_text_may_be_long),
        CASE(text_without_memory_is_an_error_that_fails_its_flow),
        CASE(empty_text_is_text),
        CASE(a_buffer_is_filled_in_place),
        CASE(of_makes_a_value_of_what_it_is_given),
        CASE(what_has_no_text_gives_none),
        CASE(the_items_of_a_list_are_in_order),
        CASE(what_is_no_list_has_no_items),
        CASE(none_false_zero_and_empty_are_not_true),
        CASE(a_shared_value_lives_until_its_last_owner_drops_it),
        CASE(a_list_drops_its_items_with_it),
        CASE(deeply_nested_lists_are_dropped),
        CASE(lists_may_be_nested_to_any_depth),
        CASE(what_cannot_be_printed_is_an_error),
        CASE(text_beyond_what_a_value_holds_is_an_error),
        CASE(a_list_beyond_what_a_value_holds_is_an_error),
        CASE(a_list_of_no_array_is_an_error),
        CASE(a_value_of_no_kind_there_is_does_no_harm),
        CASE(a_slice_shares_the_buffer),
        CASE(a_slice_of_a_slice_shares_the_buffer),
        CASE(a_slice_of_a_literal_shares_it),
        CASE(the_bounds_of_a_slice_are_cut_to_what_is_there),
        CASE(slices_share_beyond_sixteen_mebibytes),
        CASE(slices_are_right_around_every_power_of_two),
        CASE(a_box_is_released_once_with_its_last_owner),
        CASE(a_box_without_memory_is_released),
        CASE(a_box_is_opened_by_its_class_only),
        CASE(boxes_of_a_class_compare_as_it_says),
        CASE(numbers_compare_by_size_whatever_their_kind),
        CASE(text_compares_by_content),
        CASE(lists_compare_by_their_items),
        CASE(the_order_is_total_and_what_compares_equal_hashes_alike),
        CASE(kinds_that_are_not_alike_are_told_apart),
        CASE(very_deep_lists_are_written_in_part),
        CASE(what_has_no_bytes_has_no_slice),
    };
    return run_tests("values", tests, sizeof tests / sizeof *tests);
}
