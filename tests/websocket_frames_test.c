/* SPDX-License-Identifier: MIT */
/* What frames may be. The cases are those that the Autobahn test suite tries on
 * servers, by the numbers it gives to them, as far as no extension is spoken:
 * each in one piece, byte by byte, and in pieces of odd sizes. */
#include "websockets.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct one { const char *number, *frames, *wanted; };

#define WRONG(why) "88=1002:" why "|"
#define NOT_UTF8 "88=1007:a text is not UTF-8|"

static void holds_in_pieces(const struct one *c, size_t size)
{
    const char *got = conversation("/echo", c->frames, size);

    if (strcmp(got, c->wanted) != 0 && !disturbed())
        fprintf(stderr, "case %s, in pieces of %zu\n", c->number, size);
    is_heard(c->wanted, got);
}

static void hold(const struct one *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool large = strlen(cases[i].frames) < 40
            && strstr(cases[i].frames, "*65") != NULL;

        holds_in_pieces(&cases[i], 0);
        holds_in_pieces(&cases[i], large ? 997 : 1);
        holds_in_pieces(&cases[i], 13);
    }
}
#define HOLD(cases) hold((cases), sizeof (cases) / sizeof *(cases))

/* ---- 1: framing ---------------------------------------------------------- */
TEST(messages_of_all_sizes_come_back)
{
    static const struct one cases[] = {
        { "1.1.1", "81:|88=1000", "81:|88=1000:|" },
        { "1.1.2", "81*125:*|88=1000", "81*125:*|88=1000:|" },
        { "1.1.3", "81*126:*|88=1000", "81*126:*|88=1000:|" },
        { "1.1.4", "81*127:*|88=1000", "81*127:*|88=1000:|" },
        { "1.1.5", "81*128:*|88=1000", "81*128:*|88=1000:|" },
        { "1.1.6", "81*65535:*|88=1000", "81*65535:*|88=1000:|" },
        { "1.1.7", "81*65536:*|88=1000", "81*65536:*|88=1000:|" },
        { "1.2.1", "82:|88=1000", "82:|88=1000:|" },
        { "1.2.2", "82*125:\xfe|88=1000", "82*125:\xfe|88=1000:|" },
        { "1.2.3", "82*126:\xfe|88=1000", "82*126:\xfe|88=1000:|" },
        { "1.2.4", "82*127:\xfe|88=1000", "82*127:\xfe|88=1000:|" },
        { "1.2.5", "82*128:\xfe|88=1000", "82*128:\xfe|88=1000:|" },
        { "1.2.6", "82*65535:\xfe|88=1000", "82*65535:\xfe|88=1000:|" },
        { "1.2.7", "82*65536:\xfe|88=1000", "82*65536:\xfe|88=1000:|" },
    };

    HOLD(cases);
}

/* ---- 2: pings and pongs -------------------------------------------------- */
TEST(pings_are_answered_and_pongs_are_not)
{
    static const struct one cases[] = {
        { "2.1", "89:|88=1000", "8a:|88=1000:|" },
        { "2.2", "89:Hello|88=1000", "8a:Hello|88=1000:|" },
        { "2.3", "89:\xff\xfe\xfd\x01|88=1000",
          "8a:\xff\xfe\xfd\x01|88=1000:|" },
        { "2.4", "89*125:\xfe|88=1000", "8a*125:\xfe|88=1000:|" },
        { "2.5", "89*126:\xfe|88=1000", WRONG("a control frame is too long") },
        { "2.7", "8a:|88=1000", "88=1000:|" },
        { "2.8", "8a:unsolicited|88=1000", "88=1000:|" },
        { "2.9", "8a:unsolicited|89:ping|88=1000", "8a:ping|88=1000:|" },
        { "2.10", "89:0|89:1|89:2|89:3|89:4|89:5|89:6|89:7|89:8|89:9|88=1000",
          "8a:0|8a:1|8a:2|8a:3|8a:4|8a:5|8a:6|8a:7|8a:8|8a:9|88=1000:|" },
    };

    HOLD(cases);
}

/* ---- 3, 4: bits and opcodes that have no meaning ------------------------- */
TEST(reserved_bits_are_refused)
{
    static const struct one cases[] = {
        { "3.1", "c1:Hello", WRONG("a reserved bit is set") },
        { "3.2", "81:Hello|a1:Hello|89:",
          "81:Hello|" WRONG("a reserved bit is set") },
        { "3.3", "81:Hello|b1:Hello|89:",
          "81:Hello|" WRONG("a reserved bit is set") },
        { "3.5", "d2:\1\2", WRONG("a reserved bit is set") },
        { "3.6", "e9:Hello", WRONG("a reserved bit is set") },
        { "3.7", "f8=1000", WRONG("a reserved bit is set") },
    };

    HOLD(cases);
}

TEST(unknown_opcodes_are_refused)
{
    static const char opcodes[] = "34567bcdef";

    for (const char *o = opcodes; *o != '\0'; o++) {
        char alone[32], after[64];

        snprintf(alone, sizeof alone, "8%c:", *o);
        snprintf(after, sizeof after, "81:Hello|8%c:reserved|89:", *o);
        HOLD(((struct one[]){
            { "4.1/2", alone, WRONG("there is no such opcode") },
            { "4.3/4", after, "81:Hello|" WRONG("there is no such opcode") },
        }));
    }
}

/* ---- 5: fragments -------------------------------------------------------- */
#define NOTHING WRONG("there is nothing to be continued")

TEST(fragments_make_one_message)
{
    static const struct one cases[] = {
        { "5.1", "09:ping|80:", WRONG("a control frame is fragmented") },
        { "5.2", "0a:pong|80:", WRONG("a control frame is fragmented") },
        { "5.3", "01:frag|80:ment|88=1000", "81:fragment|88=1000:|" },
        { "5.6", "01:frag|89:ping|80:ment|88=1000",
          "8a:ping|81:fragment|88=1000:|" },
        { "5.9", "80:none|81:Hello", NOTHING },
        { "5.12", "00:none|81:Hello", NOTHING },
        { "5.15", "01:frag|80:ment|00:none|81:Hello", "81:fragment|" NOTHING },
        { "5.16", "00:none|01:frag|80:ment", NOTHING },
        { "5.17", "80:none|01:frag|80:ment", NOTHING },
        { "5.18", "01:frag|81:ment",
          WRONG("a message begins within another") },
        { "5.19", "01:1|00:2|89:a|00:3|00:4|89:b|80:5|88=1000",
          "8a:a|8a:b|81:12345|88=1000:|" },
        { "empty", "01:|00:|89:|80:|88=1000", "8a:|81:|88=1000:|" },
        { "kinds", "01:a|82:b", WRONG("a message begins within another") },
        { "bytes", "02:\xff|00:\xfe|80:\xfd|88=1000",
          "82:\xff\xfe\xfd|88=1000:|" },
    };

    HOLD(cases);
}

/* ---- 6: UTF-8 ------------------------------------------------------------ */
#define KOSME "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

TEST(text_is_utf_8_or_refused_at_its_first_wrong_byte)
{
    static const struct one cases[] = {
        { "6.1.1", "81:|88=1000", "81:|88=1000:|" },
        { "6.1.2", "01:|00:|80:|88=1000", "81:|88=1000:|" },
        { "6.1.3", "01:|00:middle|80:|88=1000", "81:middle|88=1000:|" },
        { "6.2.1", "81:Hello-\xc2\xb5@\xc3\x9f-UTF-8!!|88=1000",
          "81:Hello-\xc2\xb5@\xc3\x9f-UTF-8!!|88=1000:|" },
        { "6.2.3", "01:\xce|00:\xba|00:\xe1|00:\xbd|80:\xb9|88=1000",
          "81:\xce\xba\xe1\xbd\xb9|88=1000:|" },
        { "6.3.1", "81:" KOSME "\xed\xa0\x80" "edited", NOT_UTF8 },
        { "6.3.2", "01:\xed|00:\xa0|80:\x80", NOT_UTF8 },
        /* What follows never comes. */
        { "6.4.1", "01:" KOSME "|00:\xf4\x90\x80\x80", NOT_UTF8 },
        { "6.4.2", "01:" KOSME "\xf4|00>3:\x90", NOT_UTF8 },
        { "6.4.3", "81>6:" KOSME "\xf4\x90", NOT_UTF8 },
        { "6.4.4", "81>7:" KOSME "\xf8", NOT_UTF8 },
        { "cut off", "81:" KOSME "\xf4\x8f",
          "88=1007:a text ends within a character|" },
        { "bytes", "82:\xff\xed\xa0\x80|88=1000",
          "82:\xff\xed\xa0\x80|88=1000:|" },
    };

    HOLD(cases);
}

/* The plainest reading there is. */
static bool is_utf8(const unsigned char *s, size_t n)
{
    while (n > 0) {
        size_t size = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
        uint32_t c = size == 1 ? s[0] : s[0] & (0xffu >> (size + 1));

        if ((s[0] >= 0x80 && s[0] < 0xc0) || s[0] >= 0xf8 || size > n)
            return false;
        for (size_t i = 1; i < size; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return false;
            c = c << 6 | (s[i] & 0x3f);
        }
        if ((size == 2 && c < 0x80) || (size == 3 && c < 0x800)
            || (size == 4 && c < 0x10000) || c > 0x10ffff
            || (c >= 0xd800 && c <= 0xdfff))
            return false;
        s += size;
        n -= size;
    }
    return true;
}

static bool reads(const unsigned char *s, size_t n, size_t cut)
{
    struct flow__utf8 u = { 0 };
    const char *chars = (const char *)s;

    return flow__utf8_read(&u, chars, cut)
        && flow__utf8_read(&u, chars + cut, n - cut) && flow__utf8_may_end(&u);
}

/* 6.5 to 6.23 are some of these. */
TEST(utf_8_is_read_as_plainly_as_can_be)
{
    static const unsigned char edges[] = {
        0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
        0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5,
        0xf7, 0xf8, 0xff
    };
    enum { N = sizeof edges };
    bool same = true;

    for (size_t i = 0; i < N * N * N * N; i++) {
        unsigned char s[4] = {
            edges[i / N / N / N], edges[i / N / N % N], edges[i / N % N],
            edges[i % N]
        };

        for (size_t cut = 0; cut <= 4; cut += 2)
            same &= is_utf8(s, 4) == reads(s, 4, cut);
    }
    MUST(same);
}

TEST(long_text_is_read_in_words_and_by_bytes_alike)
{
    bool same = true;

    for (size_t at = 0; at < 40; at++)
        for (unsigned c = 0x80; c < 0x100; c++) {
            unsigned char s[41];

            memset(s, 'a', sizeof s);
            s[at] = 0xc3;
            s[at + 1] = (unsigned char)c;
            same &= is_utf8(s, sizeof s) == reads(s, sizeof s, 0);
            same &= is_utf8(s, sizeof s) == reads(s, sizeof s, 17);
        }
    MUST(same);
}

/* ---- 7: closing ---------------------------------------------------------- */
#define NO_CODE WRONG("there is no such code to close")

TEST(closing_is_answered_and_the_last_thing_that_is_read)
{
    static const struct one cases[] = {
        { "7.1.1", "81:Hello|88=1000", "81:Hello|88=1000:|" },
        { "7.1.2", "88=1000|88=1000", "88=1000:|" },
        { "7.1.3", "88=1000|89:late", "88=1000:|" },
        { "7.1.4", "88=1000|81:late", "88=1000:|" },
        { "7.1.5", "01:frag|88=1000|80:ment", "88=1000:|" },
        { "7.1.6", "81*262144:B|88=1000|89:late",
          "81*262144:B|88=1000:|" },
        { "7.3.1", "88:", "88|" },
        { "7.3.2", "88:a", NO_CODE },
        { "7.3.3", "88=1000", "88=1000:|" },
        { "7.3.4", "88=1000:Hello", "88=1000:|" },
        { "7.3.6", "88*63:=1", WRONG("a control frame is too long") },
        { "7.5.1", "88=1000:" KOSME "\xed\xa0\x80",
          "88=1007:the reason to close is not UTF-8|" },
        { "cut off", "88=1000:\xc3",
          "88=1007:the reason to close is not UTF-8|" },
    };

    HOLD(cases);
}

TEST(a_reason_to_close_may_be_of_123_bytes)
{
    char frames[256] = "88=1000:";

    memset(frames + 8, '*', 123);
    frames[8 + 123] = '\0';
    converses("88=1000:|", "/echo", frames);
    strcat(frames, "*");
    converses(WRONG("a control frame is too long"), "/echo", frames);
}

TEST(only_codes_that_may_be_sent_are_understood)
{
    static const int good[] = {
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
        3000, 3999, 4000, 4999
    }, bad[] = {
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535
    };
    char frames[32], wanted[32];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(frames, sizeof frames, "88=%d", good[i]);
        snprintf(wanted, sizeof wanted, "88=%d:|", good[i]);
        converses(wanted, "/echo", frames);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(frames, sizeof frames, "88=%d", bad[i]);
        converses(NO_CODE, "/echo", frames);
    }
}

/* ---- 10, and what Autobahn leaves out ------------------------------------ */
TEST(a_message_in_many_fragments_is_gathered)
{
    char frames[8192] = "01*1300:*|";
    size_t n = strlen(frames);

    for (int i = 0; i < 48; i++)
        n += (size_t)snprintf(frames + n, sizeof frames - n, "00*1300:*|");
    snprintf(frames + n, sizeof frames - n, "80*1836:*|88=1000");
    HOLD(((struct one[]){ { "10.1.1", frames, "81*65536:*|88=1000:|" } }));
}

TEST(a_client_must_mask_its_frames)
{
    static const struct one cases[] = {
        { "text", "81-:Hello", WRONG("a frame is not masked") },
        { "ping", "81:a|89-:", "81:a|" WRONG("a frame is not masked") },
        { "close", "88-=1000", WRONG("a frame is not masked") },
    };

    HOLD(cases);
}

TEST(a_length_is_as_short_as_can_be)
{
    static const struct one cases[] = {
        { "8 bytes", "81+:Hello", WRONG("a length is longer than needed") },
        { "8 bytes", "82+*65535:a", WRONG("a length is longer than needed") },
        { "control", "89+:Hello", WRONG("a control frame is too long") },
        { "negative", "82>9223372036854775808:",
          WRONG("a length is negative") },
        { "huge", "82>9223372036854775807:",
          "88=1009:the message is too long|" },
    };

    HOLD(cases);
}

/* ---- 9: large messages --------------------------------------------------- */
/* Not run again with each allocation failing. */
static void comes_back_large(const char *frames, const char *wanted,
                             size_t size)
{
    is_heard(wanted, conversation("/tall", frames, size));
}

TEST(large_messages_come_back)
{
    comes_back_large("81*16777216:*|88=1000", "81*16777216:*|88=1000:|", 0);
    comes_back_large("82*16777216:\xfe|88=1000", "82*16777216:\xfe|88=1000:|",
                     65536);
    comes_back_large("81*1048576:*|88=1000", "81*1048576:*|88=1000:|", 64);
}

TEST(large_messages_come_back_from_fragments)
{
    enum { ALL = 4 << 20 };

    for (size_t size = 64; size <= 4 << 20; size *= 16) {
        size_t n = ALL / size, at = 0, room = 32 * n + 64;
        char *frames = malloc(room);

        if (frames == NULL)
            abort();
        for (size_t i = 0; i < n; i++)
            at += (size_t)snprintf(frames + at, room - at, "%02x*%zu:*|",
                                   (i == 0 ? 1u : 0u)
                                   | (i + 1 == n ? 0x80u : 0u), size);
        snprintf(frames + at, room - at, "88=1000");
        comes_back_large(frames, "81*4194304:*|88=1000:|", 4096);
        free(frames);
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        CASE(messages_of_all_sizes_come_back),
        CASE(pings_are_answered_and_pongs_are_not),
        CASE(reserved_bits_are_refused),
        CASE(unknown_opcodes_are_refused),
        CASE(fragments_make_one_message),
        CASE(text_is_utf_8_or_refused_at_its_first_wrong_byte),
        CASE(utf_8_is_read_as_plainly_as_can_be),
        CASE(long_text_is_read_in_words_and_by_bytes_alike),
        CASE(closing_is_answered_and_the_last_thing_that_is_read),
        CASE(a_reason_to_close_may_be_of_123_bytes),
        CASE(only_codes_that_may_be_sent_are_understood),
        CASE(a_message_in_many_fragments_is_gathered),
        CASE(a_client_must_mask_its_frames),
        CASE(a_length_is_as_short_as_can_be),
    }, large[] = {
        CASE(large_messages_come_back),
        CASE(large_messages_come_back_from_fragments),
    };

    (void)argv;
    if (argc > 1)
        return run_tests("websocket_large", large,
                         sizeof large / sizeof *large);
    return run_tests("websocket_frames", tests, sizeof tests / sizeof *tests);
}
