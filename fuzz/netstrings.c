/* SPDX-License-Identifier: MIT */
/* flow_netstrings and flow_add_netstring. */
#include "fuzz.h"

static size_t longest;

static void choose_options(struct input *in)
{
    longest = choose(in, 4) == 0 ? UINT32_MAX : 1 + choose(in, 256);
}

/* Reads the length in front and its colon; false: it was said what is wrong. */
static bool read_length(struct input *in, size_t *len)
{
    bool any = false, zero = false;

    for (*len = 0; in->left > 0; in->at++, in->left--) {
        char c = *in->at;

        if (c >= '0' && c <= '9' && !zero) {
            *len = *len * 10 + (size_t)(c - '0');
            zero = !any && c == '0';
            any = true;
            if (*len <= longest)
                continue;
            wants_too_long("netstring", longest);
        } else if (c == ':' && any) {
            in->at++;
            in->left--;
            return true;
        } else if (c >= '0' && c <= '9') {
            wants_failure(FLOW_EFORMAT, "the length of a netstring has a "
                          "leading zero");
        } else {
            wants_failure(FLOW_EFORMAT, "the length of a netstring must be "
                          "digits and a colon");
        }
        return false;
    }
    wants_cut_off("netstring", 0);
    return false;
}

static void wants_strings(const char *p, size_t n)
{
    struct input in = { p, n };
    size_t len;

    while (in.left > 0) {
        if (!read_length(&in, &len))
            return;
        if (in.left <= len) {
            wants_cut_off("netstring", in.left);
            return;
        }
        if (in.at[len] != ',') {
            wants_failure(FLOW_EFORMAT, "a netstring must end in ','");
            return;
        }
        wants(in.at, len);
        in.at += len + 1;
        in.left -= len + 1;
    }
}

static bool is_string(const char *p, size_t n)
{
    (void)p;
    return n <= longest;
}

static flow_stage *cut(flow_stage *s)
{
    return flow_netstrings(s, longest);
}

static flow_stage *add(flow_stage *s)
{
    return flow_add_netstring(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct filter f = {
        choose_options, wants_strings, is_string, cut, add
    };

    return fuzz_filter(&f, data, size);
}
