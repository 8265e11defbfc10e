/* SPDX-License-Identifier: MIT */
/* flow_select: one of several is done, by chance, and nothing else happens. */
#include "actors.h"

/* ---- Who chooses, and from what ----------------------------------------- */
enum kind { NOTHING, RECEIVE, SEND, NEXT, AWAIT, TIMEOUT };
struct choice {
    enum kind kind;
    void *what;                             /* a channel, stage or deferred */
    double seconds;
    int value;                              /* to be sent                   */
};

static struct choice receive(flow_chan *c)
{
    return (struct choice){ .kind = RECEIVE, .what = c };
}

static struct choice send(flow_chan *c, int value)
{
    return (struct choice){ .kind = SEND, .what = c, .value = value };
}

static struct choice next(flow_stage *s)
{
    return (struct choice){ .kind = NEXT, .what = s };
}

static struct choice await(flow_deferred *d)
{
    return (struct choice){ .kind = AWAIT, .what = d };
}

static struct choice after(double seconds)
{
    return (struct choice){ .kind = TIMEOUT, .seconds = seconds };
}

enum { MOST = 4 };
struct chooser {
    const char *name;
    int times;                              /* it selects                   */
    struct choice choices[MOST];
    int chosen;                             /* the last                     */
    flow_value values[MOST];
    bool over[MOST];
};

#define CHOOSER(who, often, ...)                                             \
    { .name = (who), .times = (often), .choices = { __VA_ARGS__ } }

static flow_case case_of(struct chooser *c, size_t i)
{
    struct choice *w = &c->choices[i];

    c->values[i] = flow_none();
    switch (w->kind) {
    case RECEIVE:
        return flow_when_receive(w->what, &c->values[i]);
    case SEND:
        c->values[i] = flow_int(w->value);
        return flow_when_send(w->what, &c->values[i]);
    case NEXT:
        return flow_when_next(w->what, &c->values[i]);
    case AWAIT:
        return flow_when_await(w->what, &c->values[i]);
    case TIMEOUT: case NOTHING:
        break;
    }
    return flow_when_timeout(w->seconds);
}

/* The number of what was chosen, then of the value that came. */
static void notes_choice(struct chooser *c)
{
    const flow_value *v = &c->values[c->chosen >= 0 ? c->chosen : 0];
    bool came = c->chosen >= 0 && v->kind == FLOW_INT;

    note(c->name, ':', came ? 10 * c->chosen + v->as.num : c->chosen,
         c->chosen >= 0);
}

static void chooses(flow_gen *self, flow_stage *source, void *arg)
{
    struct chooser *c = arg;
    flow_case cases[MOST];
    size_t n = 0;

    (void)source;
    while (n < MOST && c->choices[n].kind != NOTHING)
        n++;
    for (int left = c->times; left > 0; left--) {
        for (size_t i = 0; i < n; i++)
            cases[i] = case_of(c, i);
        c->chosen = flow_select(self, cases, n);
        notes_choice(c);
        for (size_t i = 0; i < n; i++) {
            c->over[i] = cases[i].over;
            flow_drop(c->values[i]);
        }
        if (c->chosen < 0)
            break;
    }
}

static flow_deferred *choose(struct chooser *c)
{
    return flow_run(flow_named(flow_generate(chooses, NULL, c), c->name));
}

/* ---- Each kind alone ----------------------------------------------------- */
TEST(a_value_that_is_there_is_received)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a));
    flow_deferred *d;

    flow_offer(a, flow_int(5));
    d = choose(&x);
    CHECK(so_far("X:5") && flow_fired(d));
    end(d);
    flow_chan_release(a);
}

TEST(a_value_that_comes_later_is_waited_for)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a));
    struct actor p = { .does = "P _s3", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    CHECK(so_far("") && flow_chan_balance(a) == -1);
    flow_loop();
    CHECK(so_far("X:3 Ps3") && flow_chan_balance(a) == 0);
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(what_there_is_room_for_is_sent)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 2, send(a, 5));
    flow_deferred *d = choose(&x);
    flow_value v = flow_none();

    CHECK(so_far("X:0") && !flow_fired(d));
    CHECK(flow_try(a, &v) == FLOW_READY && v.as.num == 5);
    settle();
    CHECK(so_far("X:0") && flow_fired(d) && flow_chan_balance(a) == 1);
    end(d);
    flow_chan_release(a);
}

TEST(without_room_a_receiver_is_waited_for)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 5));
    struct actor p = { .does = "P _r", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    CHECK(so_far("") && flow_chan_balance(a) == 1);
    flow_loop();
    CHECK(so_far("Pr5 X:0") && flow_chan_balance(a) == 0);
    end(d);
    end(e);
    flow_chan_release(a);
}

static void counts_up(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    for (int n = 1; n <= *(int *)arg; n++)
        if (!flow_cooperate(self, 1) || !flow_yield(self, n))
            return;
}

TEST(the_next_value_of_a_stage_is_waited_for)
{
    int two = 2;
    flow_stage *s = flow_generate(counts_up, NULL, &two);
    struct chooser x = CHOOSER("X", 3, next(s));
    flow_deferred *d = choose(&x);

    CHECK(so_far(""));
    flow_loop();
    CHECK(so_far("X:1 X:2 X:!") && x.over[0]);
    end(d);
    flow_close(s);
}

TEST(a_deferred_is_waited_for)
{
    flow_deferred *fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 2, await(fires));

    d = choose(&x);
    CHECK(so_far(""));
    flow_fire(fires, flow_int(4));
    flow_loop();
    CHECK(so_far("X:4 X:4") && !x.over[0]);
    end(d);
    end(fires);
}

TEST(time_passes)
{
    struct chooser x = CHOOSER("X", 2, after(60));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:0 X:0") && flow_now() >= 120 && flow_now() < 121);
    end(d);
}

TEST(of_several_times_the_first_counts)
{
    struct chooser x = CHOOSER("X", 2, after(60), after(0), after(1));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:1 X:1") && flow_now() < 1);
    end(d);
}

/* ---- Several ------------------------------------------------------------ */
/* As in the header. */
struct kitchen { flow_chan *orders, *meals; };

static void serves(flow_gen *self, flow_stage *source, void *arg)
{
    struct kitchen *k = arg;
    flow_value order, meal = flow_of("a meal");
    int last = 0;

    (void)source;
    while (last >= 0) {
        last = flow_select(self, FLOW_CASES(
            flow_when_receive(k->orders, &order),
            flow_when_send(k->meals, &meal),
            flow_when_timeout(60)));
        switch (last) {
        case 0:
            flow_yield(self, order);
            break;
        case 1:
            CHECK(meal.kind == FLOW_NONE);
            meal = flow_of("more");
            break;
        case 2:
            last = -1;
            break;
        }
    }
    flow_yield(self, meal);
}

TEST(what_is_to_be_sent_goes_only_when_it_is_chosen)
{
    struct kitchen k = { flow_chan_new(0), flow_chan_new(0) };
    struct actor p = { .does = "P _s1_s2", .a = k.orders };
    struct actor q = { .does = "Q ____r", .a = k.meals };
    flow_deferred *d[] = { begin(&p), begin(&q) };

    if (!disturbed())
        expect("1 2 more", flow_generate(serves, NULL, &k));
    for (int n = 0; n < 2; n++)
        end(d[n]);
    happened[0] = '\0';
    flow_chan_release(k.orders);
    flow_chan_release(k.meals);
}

TEST(what_was_not_chosen_has_not_happened)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    flow_stage *s = script("..");
    flow_deferred *never_fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 1, send(a, 7), receive(b), next(s),
                               await(never_fires));
    struct actor p = { .does = "P _S4", .b = b };
    flow_deferred *e;
    flow_value v = flow_none();

    flow_offer(a, flow_int(1));
    d = choose(&x);
    e = begin(&p);
    flow_loop();
    CHECK(so_far("PS4 X:14") && flow_chan_balance(a) == 1);
    CHECK(flow_try(a, &v) == FLOW_READY && v.as.num == 1);
    CHECK(flow_try(a, &v) == FLOW_WAIT && flow_chan_balance(b) == 0);
    end(d);
    end(e);
    flow_close(s);
    flow_release(never_fires);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(the_value_of_a_stage_that_was_not_chosen_is_still_there)
{
    int three = 3;
    flow_stage *s = flow_generate(counts_up, NULL, &three);
    struct chooser x = CHOOSER("X", 7, next(s), after(0.75));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:1 X:1 X:1 X:2 X:1 X:3 X:!"));
    end(d);
    flow_close(s);
}

/* ---- By chance ---------------------------------------------------------- */
enum { ROUNDS = 10000 };
static unsigned char order[2][ROUNDS];

struct drawing { flow_chan *c[4]; unsigned char *order; int counts[4]; };

/* All four are ready each time. */
static void draws(flow_gen *self, flow_stage *source, void *arg)
{
    struct drawing *d = arg;
    flow_value v;

    (void)source;
    for (int n = 0; n < ROUNDS; n++) {
        int i = flow_select(self, FLOW_CASES(flow_when_receive(d->c[0], &v),
                                             flow_when_receive(d->c[1], &v),
                                             flow_when_receive(d->c[2], &v),
                                             flow_when_receive(d->c[3], &v)));
        if (i < 0)
            return;
        d->counts[i]++;
        d->order[n] = (unsigned char)i;
        flow_offer(d->c[i], v);
    }
}

static void draw(unsigned char *into, int counts[4])
{
    struct drawing w = { .order = into };
    flow_deferred *d;

    for (int n = 0; n < 4; n++) {
        w.c[n] = flow_chan_new(1);
        flow_offer(w.c[n], flow_int(n));
    }
    d = flow_spawn(draws, NULL, &w);
    end(d);
    for (int n = 0; n < 4; n++) {
        counts[n] = w.counts[n];
        flow_chan_release(w.c[n]);
    }
}

TEST(each_of_those_that_are_ready_gets_its_share_the_same_in_each_run)
{
    int counts[4];

    draw(order[0], counts);
    for (int n = 0; n < 4; n++)
        CHECK(counts[n] > ROUNDS / 40 * 9 && counts[n] < ROUNDS / 40 * 11);
    draw(order[1], counts);
    CHECK(memcmp(order[0], order[1], sizeof order[0]) == 0);
}

TEST(one_that_is_always_ready_does_not_keep_another_waiting_for_ever)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    struct drawing w = { .c = { a, b, b, b }, .order = order[0] };
    flow_deferred *d;

    flow_offer(a, flow_int(0));
    flow_offer(b, flow_int(1));
    d = flow_spawn(draws, NULL, &w);
    CHECK(w.counts[0] > ROUNDS / 5);
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

/* ---- Meeting ------------------------------------------------------------ */
TEST(both_directions_of_one_channel_do_not_meet_themselves)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), receive(a), after(9));
    flow_deferred *d = choose(&x);

    settle();
    CHECK(flow_chan_balance(a) == 0);
    flow_loop();
    CHECK(so_far("X:2"));
    end(d);
    flow_chan_release(a);
}

TEST(both_directions_meet_another)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 2, send(a, 1), receive(a));
    struct actor p = { .does = "P _s4_r", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_loop();
    CHECK(so_far("X:14 Ps4 Pr1 X:0"));
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(two_that_choose_meet_each_other)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), receive(a));
    struct chooser y = CHOOSER("Y", 1, send(a, 2), receive(a));
    flow_deferred *d = choose(&x), *e = choose(&y);

    flow_loop();
    CHECK(flow_fired(d) && flow_fired(e) && flow_chan_balance(a) == 0);
    CHECK(strcmp(happened, "Y:11 X:0") == 0
          || strcmp(happened, "X:12 Y:0") == 0);
    happened[0] = '\0';
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(two_that_choose_meet_across_two_channels_once)
{
    flow_chan *a = flow_chan_new(0), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), receive(b), after(5));
    struct chooser y = CHOOSER("Y", 1, receive(a), send(b, 2), after(7));
    flow_deferred *d = choose(&x), *e = choose(&y);

    flow_loop();
    CHECK(strcmp(happened, "Y:1 X:0") == 0 || strcmp(happened, "Y:1 X:12") == 0
          || strcmp(happened, "X:12 Y:1") == 0);
    CHECK(flow_chan_balance(a) == 0 && flow_chan_balance(b) == 0);
    happened[0] = '\0';
    end(d);
    end(e);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_sends_in_two_channels_is_served_in_one)
{
    flow_chan *a = flow_chan_new(0), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), send(b, 2), after(9));
    struct actor p = { .does = "P _r", .a = a }, q = { .does = "Q _R", .b = b };
    flow_deferred *d[] = { choose(&x), begin(&p), begin(&q) };

    flow_loop();
    CHECK(so_far("Pr1 X:0 QR!"));
    CHECK(failed_with(d[2], FLOW_ESTUCK, "Q"));
    for (int n = 0; n < 3; n++)
        end(d[n]);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_sends_twice_into_one_channel_is_served_once)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), send(a, 2));
    struct actor p = { .does = "P rr", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_loop();
    CHECK(so_far("Pr1 X:0 Pr!"));
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(one_that_receives_from_two_channels_takes_from_one)
{
    flow_chan *a = flow_chan_new(2), *b = flow_chan_new(2);
    struct chooser x = CHOOSER("X", 1, receive(a), receive(b));
    flow_deferred *d = choose(&x);

    flow_offer(a, flow_int(3));
    flow_offer(b, flow_int(4));
    flow_loop();
    CHECK(flow_chan_balance(a) + flow_chan_balance(b) == 1);
    happened[0] = '\0';
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_was_called_and_took_another_hands_its_turn_on)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a), receive(b));
    struct actor p = { .does = "P r", .a = a }, q = { .does = "Q R", .b = b };
    flow_deferred *d[] = { choose(&x), begin(&p), begin(&q) };

    flow_offer(a, flow_int(1));
    flow_offer(b, flow_int(2));
    settle();
    CHECK(flow_fired(d[0]) && flow_fired(d[1]) + flow_fired(d[2]) == 1);
    CHECK(flow_chan_balance(a) + flow_chan_balance(b) == -1);
    for (int n = 0; n < 3; n++)
        end(d[n]);
    happened[0] = '\0';
    flow_chan_release(a);
    flow_chan_release(b);
}

/* Takes a value from the channel whenever it is asked, and gives none. */
struct emptying { flow_chan *c; int taken; };

static void empties(flow_gen *self, flow_stage *source, void *arg)
{
    struct emptying *e = arg;
    flow_value v;

    (void)source;
    do
        if (flow_try(e->c, &v) == FLOW_READY)
            e->taken++;
    while (flow_cooperate(self, 1));
}

TEST(a_stage_may_make_room_while_it_is_asked)
{
    struct emptying w = { flow_chan_new(1), 0 };
    flow_stage *s = flow_generate(empties, NULL, &w);
    struct chooser x = CHOOSER("X", 20, send(w.c, 1), next(s));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(flow_fired(d) && w.taken >= 19);
    CHECK(w.taken + flow_chan_balance(w.c) == 20);
    happened[0] = '\0';
    end(d);
    flow_close(s);
    flow_chan_release(w.c);
}

/* Sends text again and again while the stage is asked. */
static void moves_text(flow_gen *self, flow_stage *source, void *arg)
{
    struct emptying *e = arg;
    flow_value v = flow_none(), out;

    for (int n = 0; n < 9; n++) {
        flow_drop(v);
        v = flow_text("counted", 7);
        if (flow_select(self, FLOW_CASES(flow_when_send(e->c, &v),
                                         flow_when_next(source, &out))) < 0)
            break;
        MUST(v.kind == FLOW_NONE);
    }
    flow_drop(v);
}

/* Takes what is there when it is asked, for the first time in each turn. */
static void frees(flow_gen *self, flow_stage *source, void *arg)
{
    struct emptying *e = arg;
    flow_value v;

    (void)source;
    do
        if (flow_try(e->c, &v) == FLOW_READY)
            flow_drop(v);
    while (flow_cooperate(self, 0));
}

TEST(a_value_has_one_owner_when_room_comes_while_a_stage_is_asked)
{
    struct emptying w = { flow_chan_new(1), 0 };
    flow_deferred *d = flow_run(
        flow_generate(moves_text, flow_generate(frees, NULL, &w), &w));

    flow_loop();
    end(d);
    flow_chan_release(w.c);
}

TEST(what_is_to_be_sent_may_come_by_a_stage_that_is_waited_for)
{
    flow_chan *a = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(a);
    struct chooser x = CHOOSER("X", 2, send(a, 3), next(reader));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:0 X:13") && gave_none(d));
    end(d);
    flow_close(reader);
    flow_chan_release(a);
}

TEST(a_stage_that_was_not_chosen_does_not_keep_what_comes_from_others)
{
    flow_chan *a = flow_chan_new(1);
    flow_stage *reader = flow_from_chan(a);
    struct chooser x = CHOOSER("X", 1, next(reader), after(1));
    struct actor p = { .does = "P r", .a = a };
    flow_deferred *d = choose(&x), *e;

    flow_loop();
    CHECK(so_far("X:1") && flow_chan_balance(a) == -1);
    e = begin(&p);
    flow_offer(a, flow_int(4));             /* the stage is called first    */
    settle();
    CHECK(so_far("Pr4"));
    end(d);
    end(e);
    flow_close(reader);
    flow_chan_release(a);
}

/* ---- Time ---------------------------------------------------------------- */
TEST(what_comes_in_time_is_chosen)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 3, receive(a), after(1.5));
    struct actor p = { .does = "P _s1__s2", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_loop();
    CHECK(so_far("X:1 Ps1 X:1 X:2 Ps2"));
    end(d);
    end(e);
    flow_chan_release(a);
}

TEST(no_time_at_all_is_when_nothing_else_can_be_done_for_a_turn)
{
    flow_chan *a = flow_chan_new(2);
    struct chooser x = CHOOSER("X", 3, after(0), receive(a));
    flow_deferred *d;

    flow_offer(a, flow_int(1));
    flow_offer(a, flow_int(2));
    d = choose(&x);
    CHECK(so_far("X:11 X:12"));
    flow_loop();
    CHECK(so_far("X:0") && flow_now() < 1);
    end(d);
    flow_chan_release(a);
}

TEST(who_was_served_when_time_was_up_has_sent)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, send(a, 1), after(1));
    struct actor p = { .does = "P _r", .a = a };
    flow_deferred *d[2];
    flow_value v;
    bool taken;

    for (int first = 0; first < 2; first++) {
        d[first] = first ? begin(&p) : choose(&x);
        d[!first] = first ? choose(&x) : begin(&p);
        flow_loop();
        taken = strstr(happened, "Pr1") != NULL;
        CHECK(taken == (strstr(happened, "X:0") != NULL));
        CHECK(flow_try(a, &v) == FLOW_WAIT && flow_chan_balance(a) == 0);
        happened[0] = '\0';
        end(d[0]);
        end(d[1]);
    }
    flow_chan_release(a);
}

TEST(what_comes_after_the_time_is_not_lost)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a), after(1));
    flow_deferred *d = choose(&x);
    flow_value v = flow_none();

    flow_loop();
    CHECK(so_far("X:1"));
    CHECK(flow_offer(a, flow_int(6)) && flow_try(a, &v) == FLOW_READY);
    end(d);
    flow_chan_release(a);
}

/* ---- What is over -------------------------------------------------------- */
TEST(what_has_nothing_more_to_offer_takes_no_part)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(1);
    flow_stage *s = script("");
    struct chooser x = CHOOSER("X", 2, receive(a), next(s), receive(b));
    flow_deferred *d;

    flow_finish(a, flow_none());
    flow_offer(b, flow_int(1));
    d = choose(&x);
    CHECK(so_far("X:21"));
    flow_offer(b, flow_int(2));
    flow_loop();
    CHECK(so_far("X:22") && x.over[0] && x.over[1] && !x.over[2]);
    end(d);
    flow_close(s);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(when_nothing_is_left_it_does_not_wait)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 2, receive(a), send(b, 1), after(5));
    flow_deferred *d;

    flow_offer(a, flow_int(1));
    flow_finish(a, flow_none());
    flow_close(flow_from_chan(b));          /* nobody reads b any more      */
    d = choose(&x);
    CHECK(so_far("X:1 X:!") && gave_none(d));
    CHECK(x.over[0] && x.over[1] && !x.over[2] && flow_now() < 1);
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(what_ends_while_it_is_waited_for_is_over)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(b), *s = script("_");
    struct chooser x = CHOOSER("X", 1, receive(a), send(b, 1), next(s),
                               after(9));
    flow_deferred *d = choose(&x);

    settle();
    flow_finish(a, flow_none());
    settle();
    flow_close(reader);
    settle();
    CHECK(so_far("") && !flow_fired(d));
    flow_loop();
    CHECK(so_far("X:!") && gave_none(d) && flow_now() < 2);
    end(d);
    flow_close(s);
    flow_chan_release(a);
    flow_chan_release(b);
}

static void chooses_nothing(flow_gen *self, flow_stage *source, void *arg)
{
    (void)source;
    (void)arg;
    flow_yield(self, flow_select(self, NULL, 0));
    flow_yield(self, 2);
}

TEST(from_nothing_nothing_is_chosen)
{
    expect("-1 2", flow_generate(chooses_nothing, NULL, NULL));
}

/* ---- Failures ------------------------------------------------------------ */
TEST(the_failure_of_a_channel_is_raised)
{
    flow_chan *a = flow_chan_new(1), *b = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), receive(b));
    flow_deferred *d = choose(&x);

    flow_finish(a, flow_error(FLOW_EFORMAT, 0, "broken off"));
    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EFORMAT, "broken off"));
    end(d);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(sending_into_what_is_finished_is_invalid)
{
    flow_chan *a = flow_chan_named(flow_chan_new(0), "orders");
    struct chooser x = CHOOSER("X", 1, send(a, 1), after(5));
    flow_deferred *d = choose(&x);

    flow_finish(a, flow_none());
    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EINVAL, "'orders'"));
    end(d);
    flow_chan_release(a);
}

TEST(the_failure_of_a_stage_is_raised)
{
    flow_stage *s = script("_!");
    struct chooser x = CHOOSER("X", 2, next(s), after(5));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EINVAL, "scripted"));
    end(d);
    flow_close(s);
}

TEST(the_failure_of_a_deferred_is_raised)
{
    flow_deferred *fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 1, await(fires), after(5));

    d = choose(&x);
    flow_fire(fires, flow_error(FLOW_EFORMAT, 0, "fired"));
    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EFORMAT, "fired"));
    end(d);
    flow_release(fires);
}

TEST(a_stage_that_is_missing_is_an_invalid_argument)
{
    struct chooser x = CHOOSER("X", 1, next(NULL), after(5));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:!") && failed_with(d, FLOW_EINVAL, "NULL"));
    end(d);
}

static void sends_an_error(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value e = flow_error(FLOW_EFORMAT, 0, "sent");

    (void)source;
    if (flow_select(self, FLOW_CASES(flow_when_send(arg, &e))) == 0)
        flow_yield(self, 1);
    CHECK(e.kind == FLOW_NONE);
    flow_drop(e);
}

TEST(an_error_that_is_sent_finishes_its_channel)
{
    flow_chan *a = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(a);

    if (!disturbed())
        expect("1", flow_generate(sends_an_error, NULL, a));
    flow_finish(a, flow_none());
    if (!disturbed())
        expect("!Format: sent", reader);
    else
        flow_close(reader);
    flow_chan_release(a);
}

static void catches(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v, e;

    if (flow_select(self, FLOW_CASES(flow_when_next(source, &v))) < 0
        && flow_catch(self, FLOW_EINVAL, &e))
        flow_drop(e);
    while (flow_select(self, FLOW_CASES(flow_when_receive(arg, &v),
                                        flow_when_next(source, &v))) >= 0)
        flow_yield(self, v);
}

TEST(after_catching_it_may_choose_again)
{
    flow_chan *a = flow_chan_new(3);

    flow_offer(a, flow_int(1));
    flow_offer(a, flow_int(2));
    flow_finish(a, flow_none());
    happened[0] = '\0';
    expect("1 2", flow_skip(flow_generate(catches, script("!"), a), 0));
    flow_chan_release(a);
}

TEST(one_that_is_stuck_says_so)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), send(a, 1));
    flow_deferred *d = choose(&x);

    flow_loop();
    CHECK(so_far("X:!"));
    CHECK(failed_with(d, FLOW_ESTUCK, "X (waits for one of several)"));
    end(d);
    flow_chan_release(a);
}

TEST(a_stage_that_one_waits_for_is_refused_to_another)
{
    flow_stage *s = script("_1");
    struct chooser x = CHOOSER("X", 1, next(s), after(9));
    struct chooser y = CHOOSER("Y", 1, next(s), after(9));
    flow_deferred *d = choose(&x), *e = choose(&y);

    flow_loop();
    CHECK(failed_with(e, FLOW_EINVAL, "X"));
    happened[0] = '\0';
    end(d);
    end(e);
    flow_close(s);
}

/* ---- Closing, and holding ------------------------------------------------ */
struct many { flow_chan *a, *b, *full; };

/* What comes, from wherever, until nothing has for some time. */
static void gives_what_comes(flow_gen *self, flow_stage *source, void *arg)
{
    struct many *m = arg;
    flow_value v = flow_none(), stays = flow_of("stays");
    int i = 0;

    while (i >= 0 && i < 4) {
        i = flow_select(self, FLOW_CASES(
            flow_when_receive(m->a, &v), flow_when_receive(m->b, &v),
            flow_when_next(source, &v), flow_when_send(m->full, &stays),
            flow_when_timeout(7)));
        if (i >= 0 && i < 3 && !flow_yield(self, v))
            break;
    }
}

TEST(one_that_waits_for_many_may_be_closed_at_any_time)
{
    struct many m = { flow_chan_new(0), flow_chan_new(2), flow_chan_new(0) };
    struct actor p = { .does = "P _s1__s2", .a = m.a };
    struct actor q = { .does = "Q ____S3___S4", .b = m.b };
    flow_deferred *d = begin(&p), *e = begin(&q);

    if (!disturbed())
        expect("1 x 2 3 y 4",
               flow_generate(gives_what_comes, script("__x____y"), &m));
    CHECK(flow_chan_balance(m.full) == 0);
    end(d);
    end(e);
    happened[0] = '\0';
    flow_chan_release(m.a);
    flow_chan_release(m.b);
    flow_chan_release(m.full);
}

TEST(one_that_is_closed_leaves_all_lines)
{
    flow_chan *a = flow_chan_new(0), *b = flow_chan_new(0);
    flow_deferred *fires = flow_defer(), *d;
    struct chooser x = CHOOSER("X", 1, receive(a), send(b, 3), await(fires),
                               after(9));

    d = choose(&x);
    CHECK(flow_chan_balance(a) == -1 && flow_chan_balance(b) == 1);
    flow_release(d);
    CHECK(so_far("X:!"));
    MUST(disturbed() || flow_chan_balance(a) == 0);
    CHECK(flow_chan_balance(b) == 0);
    flow_fire(fires, flow_none());
    flow_loop();
    CHECK(flow_now() < 1);
    end(fires);
    flow_chan_release(a);
    flow_chan_release(b);
}

TEST(one_that_was_called_and_is_closed_hands_its_turn_on)
{
    flow_chan *a = flow_chan_new(1);
    struct chooser x = CHOOSER("X", 1, receive(a), after(9));
    struct actor p = { .does = "P r", .a = a };
    flow_deferred *d = choose(&x), *e = begin(&p);

    flow_offer(a, flow_int(4));
    flow_release(d);
    settle();
    CHECK(so_far("X:! Pr4"));
    end(e);
    flow_chan_release(a);
}

TEST(one_that_waits_to_send_holds_its_channel)
{
    flow_chan *a = flow_chan_new(0);
    flow_stage *reader = flow_from_chan(a);
    struct chooser x = CHOOSER("X", 1, send(a, 3), after(9));
    flow_deferred *d = choose(&x);

    flow_chan_release(a);
    if (!disturbed())
        expect("3", reader);
    else
        flow_close(reader);
    settle();
    end(d);
    CHECK(so_far("X:0"));
}

TEST(one_that_waits_to_receive_is_told_when_the_last_holder_lets_go)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), after(9));
    flow_deferred *d = choose(&x);

    flow_chan_release(a);
    settle();
    CHECK(so_far("X:!") && gave_none(d) && x.over[0]);
    end(d);
}

TEST(one_that_waits_counts_among_those_who_receive)
{
    flow_chan *a = flow_chan_new(0);
    struct chooser x = CHOOSER("X", 1, receive(a), after(9));
    flow_deferred *d;

    flow_close(flow_from_chan(a));
    MUST(!flow_offer(a, flow_text("nobody", 6)));
    d = choose(&x);
    CHECK(flow_offer(a, flow_int(4)));
    settle();
    CHECK(so_far("X:4"));
    end(d);
    flow_chan_release(a);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_value_that_is_there_is_received),
        CASE(a_value_that_comes_later_is_waited_for),
        CASE(what_there_is_room_for_is_sent),
        CASE(without_room_a_receiver_is_waited_for),
        CASE(the_next_value_of_a_stage_is_waited_for),
        CASE(a_deferred_is_waited_for),
        CASE(time_passes),
        CASE(of_several_times_the_first_counts),
        CASE(what_is_to_be_sent_goes_only_when_it_is_chosen),
        CASE(what_was_not_chosen_has_not_happened),
        CASE(the_value_of_a_stage_that_was_not_chosen_is_still_there),
        CASE(each_of_those_that_are_ready_gets_its_share_the_same_in_each_run),
        CASE(one_that_is_always_ready_does_not_keep_another_waiting_for_ever),
        CASE(both_directions_of_one_channel_do_not_meet_themselves),
        CASE(both_directions_meet_another),
        CASE(two_that_choose_meet_each_other),
        CASE(two_that_choose_meet_across_two_channels_once),
        CASE(one_that_sends_in_two_channels_is_served_in_one),
        CASE(one_that_sends_twice_into_one_channel_is_served_once),
        CASE(one_that_receives_from_two_channels_takes_from_one),
        CASE(one_that_was_called_and_took_another_hands_its_turn_on),
        CASE(a_stage_may_make_room_while_it_is_asked),
        CASE(a_value_has_one_owner_when_room_comes_while_a_stage_is_asked),
        CASE(what_is_to_be_sent_may_come_by_a_stage_that_is_waited_for),
        CASE(a_stage_that_was_not_chosen_does_not_keep_what_comes_from_others),
        CASE(what_comes_in_time_is_chosen),
        CASE(no_time_at_all_is_when_nothing_else_can_be_done_for_a_turn),
        CASE(who_was_served_when_time_was_up_has_sent),
        CASE(what_comes_after_the_time_is_not_lost),
        CASE(what_has_nothing_more_to_offer_takes_no_part),
        CASE(when_nothing_is_left_it_does_not_wait),
        CASE(what_ends_while_it_is_waited_for_is_over),
        CASE(from_nothing_nothing_is_chosen),
        CASE(the_failure_of_a_channel_is_raised),
        CASE(sending_into_what_is_finished_is_invalid),
        CASE(the_failure_of_a_stage_is_raised),
        CASE(the_failure_of_a_deferred_is_raised),
        CASE(a_stage_that_is_missing_is_an_invalid_argument),
        CASE(an_error_that_is_sent_finishes_its_channel),
        CASE(after_catching_it_may_choose_again),
        CASE(one_that_is_stuck_says_so),
        CASE(a_stage_that_one_waits_for_is_refused_to_another),
        CASE(one_that_waits_for_many_may_be_closed_at_any_time),
        CASE(one_that_is_closed_leaves_all_lines),
        CASE(one_that_was_called_and_is_closed_hands_its_turn_on),
        CASE(one_that_waits_to_send_holds_its_channel),
        CASE(one_that_waits_to_receive_is_told_when_the_last_holder_lets_go),
        CASE(one_that_waits_counts_among_those_who_receive),
    };
    return run_tests("select", tests, sizeof tests / sizeof *tests);
}
