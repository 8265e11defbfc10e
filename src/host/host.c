/* SPDX-License-Identifier: MIT */
/* The core's own hosts: a loop of timers that needs nothing but a clock, and
 * the same with a clock that is moved by hand. Each thread has one of each,
 * made of static memory. */
#include "sent.h"
#include "timers.h"

#include "base/thread.h"

#include <float.h>
#include <math.h>
#include <time.h>

struct core_host {
    flow_host host;
    struct flow__timers timers;
    size_t endless;                 /* tasks posted for INFINITY            */
    double time;                    /* of this turn, if it is known         */
    bool turning, known, virtual;
    struct flow__sent sent;         /* by other threads                     */
    pthread_cond_t came;
};

static double clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double core_now(flow_host *h)
{
    struct core_host *c = (struct core_host *)h;

    if (!c->virtual && !(c->turning && c->known)) {
        c->time = clock_now();
        c->known = true;
    }
    return c->time;
}

static bool is_endless(const flow_task *t)
{
    return t->posted && isinf(t->at);
}

static void core_post(flow_host *h, flow_task *t, double seconds)
{
    struct core_host *c = (struct core_host *)h;
    double at = 0;

    flow__sent_forget(&c->sent, t);
    c->endless -= is_endless(t);
    if (seconds > 0)                /* a turn may have lasted: look again   */
        at = (c->virtual ? c->time : clock_now()) + seconds;
    flow__timers_post(&c->timers, t, at);
    c->endless += is_endless(t);
}

static void core_cancel(flow_host *h, flow_task *t)
{
    struct core_host *c = (struct core_host *)h;

    flow__sent_forget(&c->sent, t);
    c->endless -= is_endless(t);
    flow__timers_cancel(&c->timers, t);
}

static void core_post_from(flow_host *h, flow_task *t)
{
    struct core_host *c = (struct core_host *)h;

    pthread_mutex_lock(&c->sent.lock);
    flow__sent_add(&c->sent, t);
    pthread_cond_signal(&c->came);
    pthread_mutex_unlock(&c->sent.lock);
}

/* Or for a day, so that no time is too late for a time_t: the loop turns again.
 */
static void sleep_until(struct core_host *c, double at)
{
    enum { DAY = 24 * 60 * 60 };
    double latest = clock_now() + DAY;
    struct timespec t;

    at = at < latest ? at : latest;
    t.tv_sec = (time_t)at;
    t.tv_nsec = (long)((at - (double)t.tv_sec) * 1e9);
    while (!flow__sent_any(&c->sent) && clock_now() < at)
        pthread_cond_clockwait(&c->came, &c->sent.lock, CLOCK_MONOTONIC, &t);
}

/* Whether this turn is busy with what this thread has posted itself, so that
 * neither the lock nor the clock need be looked at. */
static bool is_busy(const struct core_host *c)
{
    double at;

    return flow__timers_next(&c->timers, &at) && !(at > 0)
        && !flow__sent_any(&c->sent);
}

/* Other threads take no time of a clock that is moved by hand: what they will
 * send comes before the next timer, what they may send after the last. */
static void step_to(struct core_host *c, double at)
{
    while ((c->endless > 0 || at >= DBL_MAX) && !flow__sent_any(&c->sent))
        pthread_cond_wait(&c->came, &c->sent.lock);
    if (!flow__sent_any(&c->sent) && at > c->time)
        c->time = at;
}

/* Sleeps if there is nothing to do yet, then takes over what others sent. */
static void gather(struct core_host *c, bool sleep)
{
    double at;

    pthread_mutex_lock(&c->sent.lock);
    if (sleep && flow__timers_next(&c->timers, &at) && at > 0) {
        if (c->virtual)
            step_to(c, at);
        else
            sleep_until(c, at);
    }
    flow__sent_take(&c->sent, &c->timers);
    pthread_mutex_unlock(&c->sent.lock);
}

static bool core_turn(flow_host *h, bool sleep)
{
    struct core_host *c = (struct core_host *)h;
    double at;

    if (!is_busy(c))
        gather(c, sleep);
    if (!flow__timers_next(&c->timers, &at))
        return false;
    c->turning = true;
    c->known = false;
    flow__timers_run(&c->timers, c->timers.heap != NULL ? core_now(h) : 0);
    c->turning = false;
    return true;
}

#define CORE_HOST(is_virtual) {                                              \
    .host = { .now = core_now, .post = core_post, .cancel = core_cancel,     \
              .post_from = core_post_from, .turn = core_turn },              \
    .virtual = is_virtual, .sent.lock = PTHREAD_MUTEX_INITIALIZER,           \
    .came = PTHREAD_COND_INITIALIZER }

static FLOW__HERE struct core_host core = CORE_HOST(false);
static FLOW__HERE struct core_host simulated = CORE_HOST(true);

flow_host *flow_host_here(void)
{
    return flow__thread.host != NULL ? flow__thread.host : &core.host;
}

void flow_host_use(flow_host *h)
{
    flow__thread.host = h;
}

flow_host *flow_virtual_host(void)
{
    simulated.time = 0;
    return &simulated.host;
}
