/* SPDX-License-Identifier: MIT */
/* See pipe.h. */
#include "pipe.h"

#include <string.h>

/* Nothing there is no end: that is told by the stage received, elsewhere. */
static int pipe_read(BIO *b, char *to, size_t size, size_t *n)
{
    struct flow__pipe *p = BIO_get_data(b);
    size_t len;
    const char *chars = flow_chars(&p->in, &len);

    BIO_clear_retry_flags(b);
    *n = len - p->taken < size ? len - p->taken : size;
    if (*n == 0) {
        BIO_set_retry_read(b);
        return 0;
    }
    memcpy(to, chars + p->taken, *n);
    p->taken += *n;
    if (p->taken == len) {
        flow_drop(p->in);
        p->in = flow_none();
        p->taken = 0;
    }
    return 1;
}

static flow_value joined(const flow_value *before, const char *from, size_t n)
{
    size_t len;
    const char *chars = flow_chars(before, &len);
    char *to;
    flow_value v = flow_buffer(len + n, &to);

    if (to == NULL)
        return v;
    if (len > 0)
        memcpy(to, chars, len);
    memcpy(to + len, from, n);
    return v;
}

static int pipe_write(BIO *b, const char *from, size_t size, size_t *n)
{
    struct flow__pipe *p = BIO_get_data(b);
    flow_value v;

    BIO_clear_retry_flags(b);
    if (p->most > 0 && p->out.size + size > p->most)
        v = flow_error(FLOW_ELIMIT, 0, "the peer of TLS asks for more answers "
                       "than it reads");
    else
        v = joined(&p->out, from, size);
    if (flow_is_failure(v)) {
        flow_drop(p->wrong);
        p->wrong = v;
        return 0;
    }
    flow_drop(p->out);
    p->out = v;
    *n = size;
    return 1;
}

/* It keeps nothing back, so there is nothing to flush. */
static long pipe_control(BIO *b, int what, long n, void *p)
{
    (void)b;
    (void)n;
    (void)p;
    return what == BIO_CTRL_FLUSH;
}

BIO_METHOD *flow__pipe_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "flow");

    if (m != NULL) {
        BIO_meth_set_read_ex(m, pipe_read);
        BIO_meth_set_write_ex(m, pipe_write);
        BIO_meth_set_ctrl(m, pipe_control);
    }
    return m;
}

BIO *flow__pipe_open(BIO_METHOD *method, struct flow__pipe *p)
{
    BIO *b = BIO_new(method);

    if (b != NULL) {
        BIO_set_data(b, p);
        BIO_set_init(b, 1);
    }
    return b;
}

void flow__pipe_drop(struct flow__pipe *p)
{
    flow_drop(p->in);
    flow_drop(p->out);
    flow_drop(p->wrong);
    *p = (struct flow__pipe){ .in = flow_none() };
}
