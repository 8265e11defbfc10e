/* SPDX-License-Identifier: MIT */
/* What a program of tasklets may do: see programs.h. */
#include "programs.h"

#include <string.h>

/* ---- Items -------------------------------------------------------------- */
static struct item {
    unsigned channel, number;
    enum fate fate;
    bool in_order;                          /* received as its send began   */
    bool received, dropped;
} items[ITEMS];
static unsigned made;

static void drop_item(void *p)
{
    struct item *i = p;

    if (i->dropped)
        complain("item %u is dropped twice", i->number);
    i->dropped = true;
}

static const flow_class item_class = { .name = "item", .release = drop_item };

void forget_items(void)
{
    made = 0;
}

flow_value new_item(unsigned channel, bool in_order, unsigned *number)
{
    struct item *i = &items[made];

    *number = made;
    *i = (struct item){ .channel = channel, .number = made,
                        .in_order = in_order };
    if (made < ITEMS - 1)
        made++;
    return flow_box(&item_class, i);
}

void item_is(unsigned number, enum fate fate)
{
    struct item *i = &items[number];

    i->fate = fate;
    if (fate == REFUSED && i->received)
        complain("item %u was received, and its send refused", number);
}

void item_came(flow_value v, unsigned channel, unsigned who)
{
    struct item *i = flow_unbox(&v, &item_class);
    struct channel *c = &program.channels[channel];

    tell("T%u got item %u from %c\n", who, i->number, 'a' + (int)channel);
    if (i->channel != channel)
        complain("item %u came from another channel", i->number);
    if (i->received)
        complain("item %u came twice", i->number);
    if (i->fate == REFUSED)
        complain("item %u came, but its send was refused", i->number);
    if (i->in_order && !c->loose && i->number < c->last_begun)
        complain("item %u came after item %u", i->number, c->last_begun);
    if (i->in_order)
        c->last_begun = i->number;
    i->received = true;
    flow_drop(v);
}

void check_items_dropped(void)
{
    for (unsigned i = 0; i < made; i++)
        if (!items[i].dropped)
            complain("item %u is never dropped", i);
}

/* How many items of a channel have that fate, and are not received. */
static size_t not_received(unsigned channel, enum fate fate)
{
    size_t n = 0;

    for (unsigned i = 0; i < made; i++)
        n += items[i].channel == channel && !items[i].received
          && items[i].fate == fate;
    return n;
}

void check_all_received(void)
{
    for (unsigned i = 0; i < CHANNELS; i++)
        if (!program.channels[i].loose && not_received(i, SENT) > 0)
            complain("what was sent into %c is lost", 'a' + (int)i);
}

/* ---- Answers ------------------------------------------------------------ */
static bool because_of_memory(const struct refusal *r)
{
    return r->failure == FLOW_ENOMEM && memory_failed();
}

static bool is_failure_of(const struct channel *c, const struct refusal *r)
{
    return because_of_memory(r)
        || (c->failed && r->failure == program_error && r->code == c->code);
}

void check_send_refused(unsigned channel, const struct refusal *r)
{
    const struct channel *c = &program.channels[channel];

    if (r->closing || because_of_memory(r))
        return;
    if (r->failure == NULL ? !c->was_read
                           : !c->finished || r->failure != FLOW_EINVAL)
        complain("a send into %c is refused: %s", 'a' + (int)channel,
                 r->failure != NULL ? r->failure->name : "no failure");
}

void check_receive_refused(unsigned channel, const struct refusal *r)
{
    const struct channel *c = &program.channels[channel];

    if (r->closing)
        return;
    if (r->failure == NULL ? !c->finished || c->failed : !is_failure_of(c, r))
        complain("receiving from %c is refused: %s", 'a' + (int)channel,
                 r->failure != NULL ? r->failure->name : "no failure");
    if (!c->loose && not_received(channel, SENT) > 0 && !because_of_memory(r))
        complain("%c ends before what was sent into it", 'a' + (int)channel);
}

/* Some case must have failed so; or each is over. */
void check_select_refused(const struct op *op, const flow_case *cases,
                          const struct refusal *r)
{
    bool explained = r->closing || because_of_memory(r);

    for (unsigned i = 0; i < op->n; i++) {
        const struct op *one = &op->cases[i];
        const struct channel *c = &program.channels[one->channel];
        bool ends = one->what == SENDS ? c->was_read
                  : one->what == TIMES_OUT || c->finished
                    || (one->what == NEXTS && memory_failed());

        if (r->failure == FLOW_EINVAL && one->what == SENDS)
            explained = explained || c->finished;
        else if (r->failure != NULL && one->what == AWAITS)
            explained = true;
        else if (r->failure != NULL && one->what != SENDS)
            explained = explained || is_failure_of(c, r);
        else if (r->failure == NULL && !r->closing
                 && (!ends || cases[i].over == (one->what == TIMES_OUT)))
            complain("a select gives up, and case %u is not over", i);
    }
    if (r->failure != NULL && !explained)
        complain("a select fails: %s", r->failure->name);
}

/* Without room it may hold one, offered while somebody waited. */
static void check_holds(unsigned channel)
{
    const struct channel *c = &program.channels[channel];

    if (!c->loose && not_received(channel, SENT) > (c->room > 0 ? c->room : 1))
        complain("%c holds more than its room", 'a' + (int)channel);
}

void check_sent(unsigned channel, unsigned item)
{
    const struct channel *c = &program.channels[channel];

    item_is(item, SENT);
    if (c->loose || c->lost)
        return;
    if (c->room == 0 && !items[item].received)
        complain("item %u is sent before it is received", item);
    check_holds(channel);
}

void check_offer(unsigned channel, unsigned item, size_t room, bool fits)
{
    const struct channel *c = &program.channels[channel];
    size_t there;

    item_is(item, REFUSED);
    there = not_received(channel, SENT) + not_received(channel, PENDING)
          + not_received(channel, UNSURE);
    if (fits != (room > 0))
        complain("%c has room for %zu, and an offer answers otherwise",
                 'a' + (int)channel, room);
    if (fits && (c->finished || c->lost))
        complain("an offer goes into %c, which is finished",
                 'a' + (int)channel);
    if (!fits && !c->finished && !c->was_read && !c->lost && there < c->room)
        complain("an offer does not go into %c, which has room",
                 'a' + (int)channel);
    if (!fits)
        return;
    item_is(item, SENT);
    check_holds(channel);
}

void check_try(unsigned channel, flow_status st, const flow_value *v)
{
    const struct channel *c = &program.channels[channel];
    struct refusal r = { .failure = NULL };

    switch (st) {
    case FLOW_READY:
        break;
    case FLOW_WAIT:
        if (c->finished || (!c->loose && not_received(channel, SENT) > 0))
            complain("trying %c finds nothing", 'a' + (int)channel);
        break;
    case FLOW_FAILED:
        r.failure = flow_class_of(v);
        r.code = flow_code(v);
        check_receive_refused(channel, &r);
        break;
    case FLOW_DONE:
        check_receive_refused(channel, &r);
        break;
    }
}

void finish(unsigned channel, bool failed, int code)
{
    struct channel *c = &program.channels[channel];

    if (c->finished || c->lost)
        return;
    c->finished = true;
    c->failed = failed;
    c->code = code;
}

/* ---- At rest ------------------------------------------------------------ */
static bool is_waiting(const struct tasklet *t)
{
    return t->began && !t->over && t->at != NULL;
}

static bool takes_from(const struct op *op, unsigned channel)
{
    return (op->what == RECEIVES || op->what == NEXTS)
        && op->channel == channel;
}

static bool gives_to(const struct op *op, unsigned channel)
{
    return op->what == SENDS && op->channel == channel;
}

/* Of a select: that nobody received may have been so when it began to wait, and
 * a stage tells of a failure once. */
static bool may_be_over(const struct op *op)
{
    const struct channel *c = &program.channels[op->channel];

    return (op->what == SENDS && c->was_read)
        || (op->what == NEXTS && c->failed);
}

/* How many of those who wait, except one, do that with the channel. */
static size_t waiting(bool (*does)(const struct op *op, unsigned channel),
                      unsigned channel, const struct tasklet *except)
{
    size_t n = 0;

    for (const struct tasklet *t = program.tasklets;
         t < program.tasklets + TASKLETS; t++) {
        if (t == except || !is_waiting(t))
            continue;
        n += does(t->at, channel);
        for (unsigned i = 0; t->at->what == SELECTS && i < t->at->n; i++)
            n += does(&t->at->cases[i], channel)
              && !may_be_over(&t->at->cases[i]);
    }
    return n;
}

static bool is_left(unsigned channel, const struct tasklet *self)
{
    for (const struct tasklet *t = program.tasklets;
         t < program.tasklets + TASKLETS; t++)
        if (t->reads == channel && t->began && !t->over)
            return false;
    return program.channels[channel].was_read
        && waiting(takes_from, channel, self) == 0;
}

static bool could_send(unsigned channel, const struct tasklet *self)
{
    const struct channel *c = &program.channels[channel];

    return c->finished || is_left(channel, self)
        || waiting(takes_from, channel, self) > 0
        || (c->room > 0 && flow_chan_room(c->c) > 0)
        || (!c->loose && not_received(channel, SENT)
                         + not_received(channel, UNSURE) < c->room);
}

static bool could_receive(unsigned channel, const struct tasklet *self)
{
    const struct channel *c = &program.channels[channel];

    return c->finished || waiting(gives_to, channel, self) > 0
        || (!c->loose && not_received(channel, SENT) > 0);
}

static bool could_go_on(const struct op *op, const struct tasklet *self)
{
    switch (op->what) {
    case SENDS:
        return could_send(op->channel, self);
    case RECEIVES: case NEXTS:
        return could_receive(op->channel, self);
    case AWAITS:
        return flow_fired(program.tasklets[op->other].ended);
    case SELECTS:
    case TIMES_OUT: case PAUSES:
    case OFFERS: case TRIES: case FINISHES: case SPAWNS: case CLOSES:
    case FAILS:
        break;
    }
    return true;
}

static bool is_over(const struct op *op, const struct tasklet *self)
{
    const struct channel *c = &program.channels[op->channel];

    if (op->what == SENDS)
        return !c->finished && is_left(op->channel, self);
    return (op->what == RECEIVES || op->what == NEXTS)
        && c->finished && !c->failed
        && (c->loose || not_received(op->channel, SENT) == 0);
}

/* A case that is over does not let it go on, as long as another is not. */
static bool could_choose(const struct op *op, const struct tasklet *self)
{
    unsigned over = 0;

    for (unsigned i = 0; i < op->n; i++)
        if (is_over(&op->cases[i], self))
            over++;
        else if (!may_be_over(&op->cases[i])
                 && could_go_on(&op->cases[i], self))
            return true;
    return over == op->n;
}

bool somebody_waits(void)
{
    for (unsigned i = 0; i < TASKLETS; i++)
        if (is_waiting(&program.tasklets[i]))
            return true;
    return false;
}

static void check_balance(unsigned channel)
{
    const struct channel *c = &program.channels[channel];
    ptrdiff_t balance = (ptrdiff_t)not_received(channel, SENT);
    ptrdiff_t unsure = (ptrdiff_t)not_received(channel, UNSURE);
    ptrdiff_t is = flow_chan_balance(c->c);

    if (c->loose || c->lost || c->was_read)
        return;
    if (!c->finished)
        balance += (ptrdiff_t)waiting(gives_to, channel, NULL);
    if (!c->finished)
        balance -= (ptrdiff_t)waiting(takes_from, channel, NULL);
    if (is < balance || is > balance + unsure)
        complain("the balance of %c is %td, and should be %td",
                 'a' + (int)channel, is, balance);
}

void check_rest(void)
{
    for (unsigned i = 0; i < TASKLETS; i++) {
        const struct tasklet *t = &program.tasklets[i];
        if (t->began && !t->over && t->at == NULL)
            complain("T%u rests, and waits for nothing", i);
        else if (is_waiting(t) && (t->at->what == SELECTS
                                   ? could_choose(t->at, t)
                                   : could_go_on(t->at, t)))
            complain("T%u waits, and could go on with its line %d", i,
                     (int)(t->at - t->ops) + 1);
    }
    for (unsigned i = 0; i < CHANNELS; i++)
        check_balance(i);
}
