/* SPDX-License-Identifier: MIT */
/* TLS: what a peer says that is none, and an exchange some bytes of which were
 * changed on their way. What is said must arrive, or it must be told why not. */
#include "fuzz.h"
#include "tls_harness.h"

#include <stdlib.h>
#include <string.h>

static struct sides both;

static void must_hold(bool holds, const char *says)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", says);
    abort();
}

/* ---- A peer that speaks no TLS ------------------------------------------- */
static struct { struct input rest; struct cuts cuts; } said;

static flow_stage *says_what_it_likes(flow_stage *sent, void *arg)
{
    (void)arg;
    flow_close(sent);
    return blocks(said.rest.at, said.rest.left, said.cuts);
}

static void must_be_refused(flow_stage *s)
{
    for (flow_value v; flow_block(s, &v);)
        flow_drop(v);
    must_hold(flow_failure(s) != NULL, "no TLS is taken for TLS");
    flow_close(s);
}

/* ---- Bytes that are changed ----------------------------------------------
 * The input is pairs: how many bytes are left, and how the next is changed. */
struct changing {
    flow_stage *source;                     /* first                        */
    struct input *changes;
    size_t left;
};

static flow_value changed(struct changing *c, flow_value v)
{
    size_t size, at = 0;
    const char *chars = flow_chars(&v, &size);
    char *p;
    flow_value with = flow_buffer(size, &p);

    memcpy(p, chars, size);
    for (; size - at > c->left; at++) {
        at += c->left;
        p[at] = (char)(p[at] ^ (char)choose(c->changes, 256));
        c->left = c->changes->left > 0 ? choose(c->changes, 256) : SIZE_MAX;
    }
    if (c->left != SIZE_MAX)
        c->left -= size - at;
    flow_drop(v);
    return with;
}

static flow_status changing_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct changing *c = self;
    flow_value v;
    flow_status st = flow_pull(c->source, w, &v);

    if (st != FLOW_READY)
        return flow_pass(out, st, v);
    flow_give(out, changed(c, v));
    return FLOW_READY;
}

static flow_stage *changing(flow_stage *s, const struct sides *sides,
                            bool to_client)
{
    static const flow_type type = {
        .name = "changing", .size = sizeof(struct changing),
        .fill = changing_fill, .inputs = flow_first_input
    };
    struct input *changes = &said.rest;

    (void)sides;
    (void)to_client;
    return flow_stage_new(&type, &(struct changing){
        s, changes, choose(changes, 256)
    });
}

static void must_hear_or_fail(flow_stage *s, const char *text)
{
    size_t at = 0, n;

    for (flow_value v; flow_block(s, &v); flow_drop(v)) {
        const char *chars = flow_chars(&v, &n);

        must_hold(n <= strlen(text + at) && memcmp(text + at, chars, n) == 0,
                  "what was never said was heard");
        at += n;
    }
    must_hold(flow_failure(s) != NULL || at == strlen(text),
              "ends too early, without a failure");
    flow_close(s);
}

/* What nobody has read is reported; that is no news here. */
static void keep_quiet(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

static void begin(void)
{
    static const flow_config quiet = { .report = keep_quiet };

    flow_configure(&quiet);
    both = sides();
    both.protocol = brackets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { (const char *)data, size };
    unsigned what = choose(&in, 3);

    if (both.client == NULL)
        begin();
    said.cuts = some_cuts(&in);
    said.rest = in;
    both.lies_between = what == 2 ? changing : NULL;
    if (what == 0)
        must_be_refused(secured(blocks(in.at, in.left, said.cuts), &both));
    else if (what == 1)
        must_be_refused(flow_tls_connect("localhost", flow_list(NULL, 0),
                                         both.client, says_what_it_likes,
                                         NULL));
    else
        must_hear_or_fail(speak(&both, saying("one\ntwo\n"), brackets, NULL),
                          "<one><two>");
    return 0;
}
