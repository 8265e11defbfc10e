/* SPDX-License-Identifier: MIT */
/* The readers of a tee share a queue of what the slowest has not taken yet.
 * Values are numbered as they come; a reader knows the number of its next one.
 *
 *      first                    next            the queue is full when
 *        | kept | kept | kept |                 next - first == room
 *        ^ slowest      ^ another ^ fastest
 *
 * Each kept value counts the readers still to take it; the last moves it out.
 * Whichever reader is at the end asks the source, with the tee's own waker, and
 * wakes the others. The last to be closed closes the source. */
#include "set.h"
#include "trouble.h"

struct slot {
    flow_value v;
    size_t left;                    /* readers that have not taken it       */
};

struct reader {
    struct tee *tee;
    size_t index;
    uint64_t at;                    /* the number of its next value         */
    flow_waker *up;                 /* whom to wake; NULL: does not wait    */
};

struct tee {
    flow_stage *source;             /* NULL: it has ended                   */
    flow_value failure;             /* comes after what is kept             */
    flow_waker waker;               /* handed to the source                 */
    struct slot *kept;              /* a ring                               */
    size_t size, room;              /* of the ring: now, at most            */
    uint64_t first, next;           /* numbers: the oldest kept, the coming */
    size_t n, open;                 /* readers made, not yet closed         */
    bool asking;                    /* the source runs                      */
    bool woken;                     /* it has something, or did not wait    */
    bool told;                      /* somebody has read the failure        */
    struct reader *readers[];       /* those that have been asked           */
};

enum { FIRST_SIZE = 16 };           /* grows to `room` only if it is needed */

static size_t tee_size(size_t n)
{
    return sizeof(struct tee) + n * sizeof(struct reader *);
}

static struct slot *slot_of(struct tee *t, uint64_t number)
{
    return &t->kept[number % t->size];
}

static void wake_readers(struct tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        flow_waker *w = t->readers[i] != NULL ? t->readers[i]->up : NULL;

        if (w != NULL) {
            t->readers[i]->up = NULL;
            flow_wake(w);
        }
    }
}

static void source_woken(flow_waker *w)
{
    struct tee *t = (struct tee *)(void *)((char *)w
                                           - offsetof(struct tee, waker));

    t->woken = true;
    wake_readers(t);
}

static void end_source(struct tee *t, flow_value failure)
{
    flow_stage *s = t->source;

    t->source = NULL;
    t->failure = failure;
    flow_close(s);
    wake_readers(t);
}

/* ---- The queue ----------------------------------------------------------- */
static bool is_full(const struct tee *t)
{
    return t->next - t->first == t->room;
}

/* Room for one more. */
static bool grow(struct tee *t)
{
    size_t size = t->size == 0 ? FIRST_SIZE : 2 * t->size;

    if (t->next - t->first < t->size)
        return true;
    if (size > t->room)
        size = t->room;

    struct slot *kept = flow_alloc(size * sizeof *kept);

    if (kept == NULL)
        return false;
    for (uint64_t i = 0; i < t->size; i++)  /* all: the ring is full        */
        kept[(t->first + i) % size] = *slot_of(t, t->first + i);
    flow_free(t->kept, t->size * sizeof *kept);
    t->kept = kept;
    t->size = size;
    return true;
}

/* One reader less wants the value of that number; gives it to that reader. */
static flow_value take(struct tee *t, uint64_t number)
{
    struct slot *slot = slot_of(t, number);

    if (--slot->left > 0)
        return flow_share(slot->v);

    bool full = is_full(t);

    t->first++;
    if (full)
        wake_readers(t);
    return slot->v;
}

static void keep(struct tee *t, flow_value v)
{
    *slot_of(t, t->next++) = (struct slot){ v, t->open };
    wake_readers(t);
}

/* ---- Readers ------------------------------------------------------------- */
/* Asks the source for one more value, which all will have. */
static flow_status ask(struct tee *t, flow_waker *w)
{
    flow_value v;
    flow_status st = FLOW_FAILED;

    t->waker.host = w->host;
    t->asking = true;
    t->woken = false;
    if (grow(t))
        st = flow_pull(t->source, &t->waker, &v);
    else
        v = flow_error(FLOW_ENOMEM, 0, "out of memory");
    t->asking = false;
    switch (st) {
    case FLOW_READY:
        keep(t, v);
        break;
    case FLOW_WAIT:
        break;
    case FLOW_FAILED:
        end_source(t, v);
        break;
    case FLOW_DONE:
        end_source(t, flow_none());
        break;
    }
    return st;
}

static flow_status end(struct tee *t, flow_stage *out)
{
    if (!flow_is_failure(t->failure))
        return FLOW_DONE;
    t->told = true;
    return flow_raise_in(out, flow_share(t->failure));
}

static flow_status waits(struct reader *r, flow_stage *out, flow_waker *w)
{
    struct tee *t = r->tee;

    flow_waits_for(out, w, is_full(t) ? "the slowest reader of its tee"
                                      : "the source of its tee");
    r->up = w;
    if (t->woken)                           /* already, while it was asked  */
        wake_readers(t);
    return FLOW_WAIT;
}

static flow_status tee_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct reader *r = self;
    struct tee *t = r->tee;

    t->readers[r->index] = r;
    r->up = NULL;
    while (flow_room(out) > 0) {
        if (r->at < t->next)
            flow_give(out, take(t, r->at++));
        else if (t->source == NULL)
            return end(t, out);
        else if (t->asking || is_full(t) || ask(t, w) == FLOW_WAIT)
            return waits(r, out, w);
    }
    return FLOW_READY;
}

static void tee_free(struct tee *t)
{
    flow_stage *s = t->source;

    t->source = NULL;
    flow_close(s);
    if (t->told)
        flow_drop(t->failure);
    else
        flow__unread("tee", t->failure);
    flow_free(t->kept, t->size * sizeof *t->kept);
    flow_free(t, tee_size(t->n));
}

static void tee_close(void *self)
{
    struct reader *r = self;
    struct tee *t = r->tee;

    t->readers[r->index] = NULL;
    t->open--;
    while (r->at < t->next)
        flow_drop(take(t, r->at++));
    if (t->open == 0)
        tee_free(t);
}

static const flow_type tee_type = {
    .name = "tee", .size = sizeof(struct reader), .fill = tee_fill,
    .close = tee_close
};

/* ---- Making -------------------------------------------------------------- */
static void all_fail(flow_stage *s, flow_stage **out, size_t n,
                     const flow_error_class *c, const char *why)
{
    flow_close(s);
    for (size_t i = 0; i < n; i++)
        out[i] = flow__refused("tee", NULL,
                               flow_error(c, 0, "flow_tee: %s", why));
}

void flow_tee(flow_stage *s, size_t room, flow_stage **out, size_t n)
{
    struct tee *t = NULL;

    if (out == NULL || n == 0) {
        flow_close(s);
        return;
    }
    if (s == NULL || room == 0) {
        all_fail(s, out, n, FLOW_EINVAL,
                 s == NULL ? "its source is NULL, give a stage"
                           : "give room for 1 value or more");
        return;
    }
    if (n < SIZE_MAX / 2 / sizeof t)
        t = flow_alloc(tee_size(n));
    if (t == NULL) {
        all_fail(s, out, n, FLOW_ENOMEM, "out of memory");
        return;
    }
    *t = (struct tee){
        .source = s, .failure = flow_none(), .room = room, .n = n, .open = n,
        .waker = { .call = source_woken }
    };
    for (size_t i = 0; i < n; i++)
        t->readers[i] = NULL;
    for (size_t i = 0; i < n; i++)
        out[i] = flow_stage_new(&tee_type,
                                &(struct reader){ .tee = t, .index = i });
}
