/* SPDX-License-Identifier: MIT */
/* Random programs of tasklets do only what a simple model allows: run to the
 * end, closed at any moment, and without memory; and they never leak.
 *
 *     tasklet_programs_test [--programs N] [--seed S]
 *
 * A program that fails names its seed: `--programs 1 --seed S` runs it again.
 */
#include "programs.h"

#include <string.h>

const flow_error_class program_error[1] = {{ "ProgramError", FLOW_EANY }};

/* ---- One operation ---------------------------------------------------------
 * Each answers whether the tasklet may go on. */
struct running { flow_gen *self; flow_stage *source; struct tasklet *t; };

static unsigned number_of(const struct running *r)
{
    return (unsigned)(r->t - program.tasklets);
}

static flow_value safe_item(unsigned channel, bool in_order, unsigned *number)
{
    flow_value v;

    memory_safe(true);
    v = new_item(channel, in_order, number);
    memory_safe(false);
    return v;
}

static flow_value safe_error(int code)
{
    flow_value v;

    memory_safe(true);
    v = flow_error(program_error, code, "of a program");
    memory_safe(false);
    return v;
}

/* Why an operation was refused; a failure is caught. */
static struct refusal look(flow_gen *self)
{
    struct refusal r = { .closing = flow_closing(self) };
    flow_value e;

    if (!r.closing && flow_catch(self, FLOW_EANY, &e)) {
        r.failure = flow_class_of(&e);
        r.code = flow_code(&e);
        flow_drop(e);
    }
    return r;
}

static bool sends(struct running *r, struct op *op)
{
    int code = (int)number_of(r) + 1;
    bool sent;
    struct refusal why;

    if (op->error) {
        sent = flow_send(r->self, program.channels[op->channel].c,
                         safe_error(code));
        if (sent) {
            finish(op->channel, true, code);
            return true;
        }
    } else {
        flow_value v = safe_item(op->channel, true, &op->item[0]);
        r->t->at = op;
        sent = flow_send(r->self, program.channels[op->channel].c, v);
        r->t->at = NULL;
        if (sent) {
            check_sent(op->channel, op->item[0]);
            return true;
        }
        item_is(op->item[0], flow_closing(r->self) ? UNSURE : REFUSED);
    }
    why = look(r->self);
    check_send_refused(op->channel, &why);
    return !why.closing && r->t->goes_on;
}

static bool receives(struct running *r, struct op *op)
{
    flow_value v;
    struct refusal why;
    bool got;

    r->t->at = op;
    got = op->what == NEXTS
        ? flow_next(r->self, r->source, &v)
        : flow_receive(r->self, program.channels[op->channel].c, &v);
    r->t->at = NULL;
    if (got) {
        item_came(v, op->channel, number_of(r));
        return true;
    }
    why = look(r->self);
    if (op->what == RECEIVES || why.failure != NULL)
        check_receive_refused(op->channel, &why);
    return !why.closing && r->t->goes_on;
}

static bool awaits(struct running *r, struct op *op)
{
    struct tasklet *other = &program.tasklets[op->other];
    flow_value v;
    bool got;

    if (other->ended == NULL)
        return true;
    r->t->at = op;
    got = flow_await(r->self, other->ended, &v);
    r->t->at = NULL;
    if (got) {
        flow_drop(v);
        if (!other->over)
            complain("T%u is awaited before its end", op->other);
        return true;
    }
    return !look(r->self).closing && r->t->goes_on;
}

/* ---- Select ------------------------------------------------------------- */
static flow_case make_flow_case(struct running *r, struct op *op, unsigned i,
                                flow_value *v)
{
    struct op *one = &op->cases[i];
    struct channel *c = &program.channels[one->channel];

    *v = flow_none();
    switch (one->what) {
    case SENDS:
        *v = safe_item(one->channel, false, &op->item[i]);
        return flow_when_send(c->c, v);
    case RECEIVES:
        return flow_when_receive(c->c, v);
    case NEXTS:
        return flow_when_next(r->source, v);
    case AWAITS:
        if (program.tasklets[one->other].ended != NULL)
            return flow_when_await(program.tasklets[one->other].ended, v);
        one->what = TIMES_OUT;
        break;
    case TIMES_OUT: case SELECTS: case OFFERS: case TRIES: case PAUSES:
    case FINISHES: case SPAWNS: case CLOSES: case FAILS:
        break;
    }
    return flow_when_timeout(one->seconds);
}

/* What became of each case. */
static void check_chosen(struct running *r, struct op *op, int chosen,
                         flow_value *v)
{
    for (unsigned i = 0; i < op->n; i++) {
        struct op *one = &op->cases[i];
        bool sent = one->what == SENDS && v[i].kind == FLOW_NONE;

        if (sent) {
            if (chosen >= 0 && chosen != (int)i)
                complain("a case was not chosen, and has sent");
            check_sent(one->channel, op->item[i]);
        } else if (one->what == SENDS) {
            item_is(op->item[i], REFUSED);
            flow_drop(v[i]);
        } else if (chosen != (int)i) {
            if (v[i].kind != FLOW_NONE)
                complain("a case was not chosen, and has received");
        } else if (one->what == RECEIVES || one->what == NEXTS) {
            item_came(v[i], one->channel, number_of(r));
        } else {
            flow_drop(v[i]);
        }
    }
}

static bool selects(struct running *r, struct op *op)
{
    flow_case cases[CASES];
    flow_value v[CASES];
    struct refusal why;
    int chosen;

    for (unsigned i = 0; i < op->n; i++)
        cases[i] = make_flow_case(r, op, i, &v[i]);
    r->t->at = op;
    chosen = flow_select(r->self, cases, op->n);
    r->t->at = NULL;
    tell("T%u chose %d\n", number_of(r), chosen);
    check_chosen(r, op, chosen, v);
    if (chosen >= 0)
        return true;
    why = look(r->self);
    check_select_refused(op, cases, &why);
    return !why.closing && r->t->goes_on;
}

/* ---- Those that never wait ---------------------------------------------- */
static void offers(struct op *op)
{
    flow_chan *c = program.channels[op->channel].c;
    size_t room = flow_chan_room(c);
    flow_value v = safe_item(op->channel, true, &op->item[0]);

    check_offer(op->channel, op->item[0], room, flow_offer(c, v));
}

static void tries(unsigned channel, unsigned who)
{
    flow_value v = flow_none();
    flow_status st = flow_try(program.channels[channel].c, &v);

    if (st == FLOW_READY)
        item_came(v, channel, who);
    else
        check_try(channel, st, &v);
    if (st == FLOW_FAILED)
        flow_drop(v);
}

static void spawn(unsigned number, bool in_group);

static bool acts(struct running *r, struct op *op)
{
    struct channel *c = &program.channels[op->channel];
    struct tasklet *other = &program.tasklets[op->other];
    int code = (int)number_of(r) + 1;
    bool may = true;

    switch (op->what) {
    case SENDS:
        return sends(r, op);
    case RECEIVES: case NEXTS:
        return receives(r, op);
    case AWAITS:
        return awaits(r, op);
    case SELECTS:
        return selects(r, op);
    case OFFERS:
        offers(op);
        break;
    case TRIES:
        tries(op->channel, number_of(r));
        break;
    case TIMES_OUT: case PAUSES:
        r->t->at = op;
        may = flow_cooperate(r->self, op->seconds);
        r->t->at = NULL;
        break;
    case FINISHES:
        finish(op->channel, op->error, code);
        flow_finish(c->c, op->error ? safe_error(code) : flow_none());
        break;
    case SPAWNS:
        spawn(op->other, r->t->in_group && other->grouped);
        break;
    case CLOSES:
        if (other->ended != NULL)
            flow_cancel(other->ended);
        break;
    case FAILS:
        flow_fail(r->self, program_error, code, "of a program");
        may = false;
        break;
    }
    return may;
}

/* ---- Tasklets ----------------------------------------------------------- */
static void runs(flow_gen *self, flow_stage *source, void *arg)
{
    struct running r = { self, source, arg };

    r.t->began = true;
    for (unsigned i = 0; i < r.t->n; i++) {
        tell("T%u begins line %u\n", number_of(&r), i + 1);
        if (!acts(&r, &r.t->ops[i]))
            break;
    }
    tell("T%u is over\n", number_of(&r));
    r.t->over = true;
}

/* Its stage may be asked, and not be what is chosen. */
static bool chooses_next(const struct tasklet *t)
{
    for (unsigned i = 0; i < t->n; i++)
        for (unsigned j = 0; j < t->ops[i].n; j++)
            if (t->cases[i][j].what == NEXTS)
                return true;
    return false;
}

static void spawn(unsigned number, bool in_group)
{
    struct tasklet *t = &program.tasklets[number];
    struct channel *c = &program.channels[t->reads];
    flow_stage *source = NULL;

    if (t->spawned || program.closing)
        return;
    t->spawned = true;
    if (t->reads != NO_CHANNEL) {
        c->was_read = true;
        c->loose = c->loose || t->ahead > 1 || chooses_next(t);
        source = flow_read_ahead(flow_from_chan(c->c), t->ahead);
    }
    t->in_group = in_group;
    t->ended = flow_run(flow_generate(runs, source, t));
    if (in_group)
        flow_group_add(program.group, flow_hold(t->ended));
}

/* When a group fires, no member is left but one that brought that about. */
static flow_value group_fired(flow_value v, void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < TASKLETS; i++) {
        const struct tasklet *t = &program.tasklets[i];
        if (t->in_group && t->began && !t->over && t->at != NULL)
            complain("the group has ended, and not T%u in it", i);
    }
    return v;
}

static void make_channels(void)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        struct channel *c = &program.channels[i];
        flow_value v = flow_none();

        c->c = flow_chan_new(c->room);
        c->lost = flow_try(c->c, &v) == FLOW_FAILED;
        c->finished = c->loose = c->lost;
        flow_drop(v);
        if (c->sender_first) {
            flow_chan_prefer(c->c, FLOW_SENDER_FIRST);
            c->loose = true;
        }
    }
}

static void start(void)
{
    make_channels();
    program.group = flow_group_new();
    for (unsigned i = 0; i < program.started; i++)
        spawn(i, program.tasklets[i].grouped);
    program.group_ended = flow_group_end(program.group);
    flow_then(program.group_ended, group_fired, group_fired, NULL);
}

/* ---- Runs --------------------------------------------------------------- */
static void turn(unsigned long most)
{
    flow_host *h = flow_host_here();

    for (unsigned long n = 0; n < most; n++)
        if (!h->turn(h, true)) {
            check_rest();
            return;
        }
}

/* Those that wait for ever are told so, and nobody else. */
static void let_fail(void)
{
    bool waits = somebody_waits(), told = false;

    tell("the loop ends\n");
    flow_loop();
    for (unsigned i = 0; i < TASKLETS; i++) {
        flow_deferred *d = program.tasklets[i].ended;
        if (d == NULL)
            continue;
        if (flow_outcome(d) == NULL)
            complain("T%u has no outcome when the loop has ended", i);
        else
            told = told || flow_is(flow_outcome(d), FLOW_ESTUCK);
    }
    if (told != waits && !memory_failed())
        complain(waits ? "nobody is told that he is stuck"
                       : "who was not stuck is told so");
}

static void let_go(flow_deferred *d)
{
    if (d != NULL && flow_fired(d))
        (void)flow_outcome(d);
    flow_release(d);
}

/* In any order; what is left in the channels is taken. */
static void close_all(void)
{
    unsigned first = below(TASKLETS);

    program.closing = true;
    tell("all are closed\n");
    for (unsigned i = 0; i < TASKLETS; i++)
        let_go(program.tasklets[(first + i) % TASKLETS].ended);
    let_go(program.group_ended);
    for (unsigned i = 0; i < CHANNELS; i++) {
        struct channel *c = &program.channels[i];
        while (!c->lost && flow_chan_balance(c->c) > 0)
            tries(i, NOBODY);
    }
    check_all_received();
    for (unsigned i = 0; i < CHANNELS; i++)
        flow_chan_release(program.channels[i].c);
}

/* Runs the program of that seed for at most so many turns, and closes it. The
 * at-th allocation fails, if at > 0. */
static void run(uint64_t seed, unsigned long most, unsigned long at)
{
    struct memory before;

    flow_host_use(flow_virtual_host());
    reports_forget();
    memory_settle();
    before = memory_live();
    forget_items();
    make_program(seed);
    memory_count(at, one_in(2));
    start();
    turn(most);
    if (most == UINT32_MAX)
        let_fail();
    memory_safe(true);
    close_all();
    memory_check(before);
    memory_safe(false);
    check_items_dropped();
    if (strstr(reports(), "given up") != NULL)
        complain("%s", reports());
}

static bool runs_well(uint64_t seed, const char *how, unsigned long most,
                      unsigned long at)
{
    harness_at("tasklet_programs: FAILED --programs 1 --seed %llu (%s %lu)",
               (unsigned long long)seed, how, at > 0 ? at : most);
    run(seed, most, at);
    if (!harness_failed())
        return true;
    describing = true;
    run(seed, most, at);
    describing = false;
    return false;
}

/* To the end; closed at some moment; without some of the memory, of some
 * programs without each part of it in turn. */
static bool holds(uint64_t seed)
{
    enum { MOMENTS = 12, ALL_OF = 64 };
    unsigned long allocations;
    bool well = runs_well(seed, "turns", UINT32_MAX, 0);

    allocations = memory_asked();
    seed_chance(~seed);
    if (well && one_in(2))
        well = runs_well(seed, "turns", below(MOMENTS), 0);
    if (seed % ALL_OF == 0)
        for (unsigned long at = 1; well && at <= allocations; at++)
            well = runs_well(seed, "allocation", UINT32_MAX, at);
    else if (well && allocations > 0 && one_in(2))
        well = runs_well(seed, "allocation", UINT32_MAX,
                         below((unsigned)allocations) + 1);
    return well;
}

int main(int argc, char **argv)
{
    unsigned long long programs = argument(argc, argv, "--programs", 2000);
    unsigned long long seed = argument(argc, argv, "--seed", 1);
    unsigned long long failed = 0;

    harness_begin();
    for (unsigned long long i = 0; i < programs && failed < 10; i++)
        failed += !holds(seed + i);
    printf("%llu programs from seed %llu\n", programs, seed);
    printf("%d passed, %d failed\n", failed == 0, failed > 0);
    return failed > 0;
}
