/* SPDX-License-Identifier: MIT */
/* Tasklets and channels: flows that run beside each other and meet.
 *
 * A tasklet is a generator that is run for what it does. Tasklets hand each
 * other values through channels:
 *
 *     static void cook(flow_gen *self, flow_stage *source, void *arg)
 *     {
 *         struct kitchen *k = arg;
 *         flow_value order;
 *
 *         while (flow_receive(self, k->orders, &order))
 *             if (!flow_send(self, k->meals, order))
 *                 break;
 *         flow_finish(k->meals, flow_none());
 *     }
 *
 *     flow_deferred *cooking = flow_spawn(cook, NULL, &kitchen);
 *     flow_loop();
 *     flow_release(cooking);
 *
 * Every tasklet has an owner: whoever holds its deferred, or the group it was
 * added to. When the owner lets go, the tasklet is closed; none runs on
 * unowned. What a tasklet yielded last is its result, and its failure fails
 * the deferred; a failure that nobody looks at is reported.
 *
 * When nothing is left that could wake those who wait, flow_loop fails each of
 * them with FLOW_ESTUCK, and the message says who waits for what.
 *
 * From Go: flow_spawn is `go`, flow_select `select`. From Stackless: a channel
 * of room 0 is a channel, with balance and preference. From libdill: a group is
 * a bundle, and FLOW_CASES the clauses of chselect. */
#ifndef FLOW_FLOW_H
#include <flow/flow.h>
#endif
#ifndef FLOW_TASKLET_H
#define FLOW_TASKLET_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- Tasklets ----------------------------------------------------------- */
/* Runs `body` beside all others: the deferred is that of flow_run. `arg` is
 * borrowed; what the tasklet shall own goes into `source`, which may be NULL:
 *
 *     flow_spawn(cook, flow_once(order), &kitchen)
 */
#define flow_spawn(body, source, arg)                                        \
    flow_run(flow_generate(body, source, arg))

/* A group owns any number of tasklets, flows and other deferreds. When one
 * fails, the rest are closed; one that runs at that moment ends at its next
 * wait. */
typedef struct flow_group flow_group;
flow_group *flow_group_new(void);

/* Takes d. When the group has failed already, d is given up at once. */
void flow_group_add(flow_group *g, flow_deferred *d);

/* Fires with NONE when all have ended, or with the first failure once the rest
 * are closed. Takes g: from now on only what runs in the group may add to it.
 * The deferred is yours; releasing it before it has fired closes all. */
flow_deferred *flow_group_end(flow_group *g);

/* ---- Channels -----------------------------------------------------------
 * A bounded queue of values. A channel of room 0 hands over directly: a send
 * has answered when the value has been received.
 *
 * Holders count: when the last lets go, the channel is finished. Who waits to
 * send is one of them. */
flow_chan *flow_chan_new(size_t room);
flow_chan *flow_chan_hold(flow_chan *c);
void       flow_chan_release(flow_chan *c);             /* NULL is fine     */

/* The name of a channel in messages and listings, borrowed for ever: a literal.
 * By default it is where it was made. Gives c. */
flow_chan *flow_chan_named(flow_chan *c, const char *name);

/* A channel as a value, a BOX that takes one hold of c, so that a request can
 * bring along where its answer goes; and the channel in it, borrowed, or NULL.
 */
flow_value flow_chan_value(flow_chan *c);
flow_chan *flow_chan_of(const flow_value *v);

/* Sends v, which it takes; waits for room, or for a receiver. False: nobody
 * will receive it any more (v is dropped), or the generator is being closed.
 * Into a channel that is finished: fails with FLOW_EINVAL. An ERROR that is not
 * settled finishes the channel, see flow_finish. May suspend. */
static bool flow_send(flow_gen *self, flow_chan *c, flow_value v);

/* The next value, now yours; waits for one. Several who receive share what is
 * sent: each value goes to one of them. False: the channel is finished; a
 * failure it was finished with is raised here. May suspend. */
static bool flow_receive(flow_gen *self, flow_chan *c, flow_value *out);

/* The same without waiting, and from ordinary code too. flow_offer: false also
 * when it is full (v is dropped). flow_try: FLOW_WAIT when there is nothing;
 * FLOW_FAILED: *out is the failure it was finished with, yours. */
bool        flow_offer(flow_chan *c, flow_value v);
flow_status flow_try(flow_chan *c, flow_value *out);

/* No more: those who receive get what was sent, then the end, or the failure
 * `last`. Whoever waits to send fails with FLOW_EINVAL. Only the first counts.
 */
void flow_finish(flow_chan *c, flow_value last);

/* Who goes on first when a sender and a receiver have met: the receiver, unless
 * told otherwise. For flow_receive and flow_from_chan. */
typedef enum flow_preference {
    FLOW_RECEIVER_FIRST, FLOW_SENDER_FIRST
} flow_preference;
void flow_chan_prefer(flow_chan *c, flow_preference who);

/* How many offers would go in now. */
size_t flow_chan_room(const flow_chan *c);

/* Values that are there to be received, those of waiting senders among them; or
 * less than 0: how many wait to receive. */
ptrdiff_t flow_chan_balance(const flow_chan *c);

/* Has call(arg) queued on the loop when a refused offer would go in again: the
 * sign for a producer to go on. */
void flow_chan_on_room(flow_chan *c, void (*call)(void *arg), void *arg);

/* ---- The ends of a channel as stages ------------------------------------ */
/* What is received. It keeps c by itself, and is not one of its holders: when
 * the last holder lets go it ends. Several share, as with flow_receive. When
 * the last such stage is closed, and nobody else waits to receive, sends answer
 * false. flow_read_ahead lets it take several values at once. */
flow_stage *flow_from_chan(flow_chan *c);

/* Sends into c, which it holds, all that s gives, and gives nothing itself; run
 * it, or merge it with others. A failure of s finishes c. */
flow_stage *flow_into_chan(flow_stage *s, flow_chan *c);

/* Push to pull: a channel with room for that many, and its reading end. The
 * writer is yours to release. (Callback of the original) */
flow_stage *flow_callback(size_t room, flow_chan **writer);

/* ---- Choosing ------------------------------------------------------------
 * Waits until one of several things can be done, and does it. Which one of
 * those that can is left to chance, the same in every run of the program:
 *
 *     switch (flow_select(self, FLOW_CASES(
 *         flow_when_receive(orders, &order),
 *         flow_when_send(meals, &meal),
 *         flow_when_timeout(60)))) {
 *     case 0: ... order has come
 *     case 1: ... meal has gone: it is NONE now
 *     case 2: ... a minute has passed
 *     }
 *
 * Each does what the call after `when_` does. What is not chosen has not
 * happened: a value to be sent is still yours. A case whose channel, stage or
 * deferred has nothing more to offer takes no part, and `over` says so. */
typedef struct flow_case flow_case;

/* The number of the case that was done. Less than 0: a failure was raised, or
 * the generator is being closed, or nothing but time-outs is left: they alone
 * are waited for only when there was nothing else. May suspend. */
static int flow_select(flow_gen *self, flow_case *cases, size_t n);

static flow_case flow_when_receive(flow_chan *c, flow_value *out);
static flow_case flow_when_send(flow_chan *c, flow_value *v);
static flow_case flow_when_next(flow_stage *s, flow_value *out);
static flow_case flow_when_await(flow_deferred *d, flow_value *out);

/* After so many seconds; 0: when nothing else can be done for one turn. */
static flow_case flow_when_timeout(double seconds);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#define flow_chan_new(room)     flow_chan_named(flow_chan_new(room), FLOW_HERE)
#define flow_from_chan(...)                                                  \
    flow_made(flow_from_chan(__VA_ARGS__), FLOW_HERE)
#define flow_into_chan(...)                                                  \
    flow_made(flow_into_chan(__VA_ARGS__), FLOW_HERE)
#define flow_callback(...)  flow_made(flow_callback(__VA_ARGS__), FLOW_HERE)

#endif
