/* SPDX-License-Identifier: MIT */
/* A host over libuv. Tasks are kept as every host keeps them (host/timers.h),
 * so posting never fails.
 *
 * With a loop of its own, a host sleeps in the poller (poller.h) until its next
 * task is due, and lets libuv turn only when that has something to do: when its
 * descriptor says so, or something of it was touched.
 *
 * On a program's loop, libuv sleeps. It watches the poller, and is told when to
 * come back: an idle handle while a task is due at once, one timer for the
 * earliest of the others. Both, and a check handle after each poll, run what is
 * due. These two, and the check handle while something is awaited, keep the
 * loop alive for our sake. */
#include "uv_host.h"

#include "base/memory.h"
#include "guest.h"
#include "host/sent.h"
#include "poller.h"

#include <string.h>

struct uv_host {
    flow_host host;                 /* first                                */
    struct flow__timers timers;
    uv_loop_t own;
    uv_loop_t *loop;                /* NULL: there is none                  */
    uv_timer_t timer;
    uv_idle_t idle;
    uv_check_t check;
    uv_async_t async;
    uv_poll_t poll;                 /* of the poller, by a program's loop   */
    struct flow__polled libuv;      /* in the poller of an own loop         */
    int poller;                     /* its descriptor                       */
    double armed;                   /* when the timer will go off; 0: never */
    double time;                    /* of this turn; 0: nobody has asked    */
    unsigned handles;               /* of these, not yet closed             */
    size_t awaited;                 /* > 0: the check handle is ref'd       */
    bool turning, hurried;          /* hurried: the idle handle is active   */
    bool touched;                   /* libuv is to turn                     */
    bool told;                      /* the last turn has answered false     */
    struct flow__sent sent;         /* by other threads                     */
    struct flow__guest *guests;
};

static _Thread_local struct uv_host here;

/* Things of this thread that nobody waits for any more, but which libuv has not
 * done with: they end by themselves, and the loop is kept until then. */
static _Thread_local unsigned left_behind;

/* ---- When to come back -------------------------------------------------- */
static double clock_now(void)
{
    return (double)uv_hrtime() * 1e-9;
}

static void go_off(uv_timer_t *t);
static void hurry(uv_idle_t *i);

/* Milliseconds, rounded up: who wakes too early has to sleep once more. */
static int until(double at)
{
    double left = (at - clock_now()) * 1e3;

    return left > 0 ? left < 1e9 ? (int)left + 1 : 1000000000 : 0;
}

/* libuv counts in whole milliseconds from a time it looked at a while ago: if
 * the timer goes off too early for that, it is set again. */
static void set_timer(struct uv_host *u, double at)
{
    u->armed = at;
    uv_timer_start(&u->timer, go_off, (uint64_t)until(at), 0);
}

static bool is_own(const struct uv_host *u)
{
    return u->loop == &u->own;
}

static void arm_program(struct uv_host *u)
{
    double at = 0;
    bool any = flow__timers_next(&u->timers, &at);
    bool soon = any && !(at > 0);

    if (soon && !u->hurried)
        uv_idle_start(&u->idle, hurry);
    else if (!soon && u->hurried)
        uv_idle_stop(&u->idle);
    u->hurried = soon;
    if (soon)
        return;                     /* the timer is looked at after them    */
    if (any && (at < u->armed || at > u->armed))
        set_timer(u, at);
    else if (!any && u->armed > 0)
        uv_timer_stop(&u->timer);
    if (!any)
        u->armed = 0;
}

static void arm(struct uv_host *u)
{
    if (!is_own(u))
        arm_program(u);
}

static double time_of_turn(struct uv_host *u)
{
    if (!(u->time > 0))
        u->time = clock_now();
    return u->time;
}

/* To look at the clock is dear, and mostly there are no timers. */
static void run_due(struct uv_host *u)
{
    double at;

    if (flow__timers_next(&u->timers, &at)) {
        u->time = 0;
        u->turning = true;
        flow__timers_run(&u->timers,
                         u->timers.heap != NULL ? time_of_turn(u) : 0);
        u->turning = false;
    }
    arm(u);
}

/* ---- What libuv calls --------------------------------------------------- */
static void go_off(uv_timer_t *t)
{
    struct uv_host *u = t->data;

    u->armed = 0;
    run_due(u);
}

static void hurry(uv_idle_t *i)
{
    (void)i;                        /* that it is active makes polls short  */
}

static void after_poll(uv_check_t *c)
{
    if (!is_own(c->data))
        run_due(c->data);
}

static void some_happened(uv_poll_t *p, int status, int events)
{
    struct uv_host *u = p->data;

    (void)status, (void)events;
    u->time = 0;
    u->turning = true;              /* what is posted runs after the poll   */
    flow__poller_wait(0);
    u->turning = false;
}

static void libuv_happened(struct flow__polled *p, unsigned events)
{
    (void)p, (void)events;
    here.touched = true;
}

static void take_sent(struct uv_host *u)
{
    if (!flow__sent_any(&u->sent))
        return;
    pthread_mutex_lock(&u->sent.lock);
    flow__sent_take(&u->sent, &u->timers);
    pthread_mutex_unlock(&u->sent.lock);
    arm(u);
}

static void others_sent(uv_async_t *a)
{
    take_sent(a->data);
}

/* ---- The host ----------------------------------------------------------- */
static double host_now(flow_host *h)
{
    struct uv_host *u = (struct uv_host *)h;

    return u->turning ? time_of_turn(u) : clock_now();
}

static void host_post(flow_host *h, flow_task *t, double seconds)
{
    struct uv_host *u = (struct uv_host *)h;

    flow__sent_forget(&u->sent, t);
    flow__timers_post(&u->timers, t, seconds > 0 ? clock_now() + seconds : 0);
    if (!u->turning)
        arm(u);
}

static void host_cancel(flow_host *h, flow_task *t)
{
    struct uv_host *u = (struct uv_host *)h;

    flow__sent_forget(&u->sent, t);
    flow__timers_cancel(&u->timers, t);
    if (!u->turning)
        arm(u);
}

static void host_post_from(flow_host *h, flow_task *t)
{
    struct uv_host *u = (struct uv_host *)h;

    pthread_mutex_lock(&u->sent.lock);
    flow__sent_add(&u->sent, t);
    uv_async_send(&u->async);       /* inside: the host may be closed after */
    pthread_mutex_unlock(&u->sent.lock);
}

/* ---- Turns of an own loop ----------------------------------------------- */
static bool is_alive(struct uv_host *u)
{
    double at;

    return u->touched || flow__timers_next(&u->timers, &at)
        || uv_loop_alive(u->loop);
}

/* Milliseconds that the host may sleep; -1: until something happens. */
static int patience(struct uv_host *u)
{
    double at;
    int libuv = uv_loop_alive(u->loop) ? uv_backend_timeout(u->loop) : -1;

    u->touched = u->touched || libuv == 0;
    if (u->touched)
        return 0;
    if (!flow__timers_next(&u->timers, &at))
        return libuv;
    return at > 0 ? until(at) : 0;
}

static void turn_libuv(struct uv_host *u)
{
    u->touched = false;
    uv_run(u->loop, UV_RUN_NOWAIT);
}

static bool host_turn(flow_host *h, bool sleep)
{
    struct uv_host *u = (struct uv_host *)h;

    take_sent(u);
    u->told = !is_alive(u);
    if (u->told)
        return false;
    flow__poller_wait(sleep ? patience(u) : 0);
    if (u->touched)
        turn_libuv(u);
    run_due(u);
    return true;
}

/* ---- Beginning and closing ---------------------------------------------- */
static bool is_open(const struct uv_host *u)
{
    return u->loop != NULL;
}

static void one_closed(uv_handle_t *h)
{
    struct uv_host *u = h->data;

    u->handles--;
}

static void close_handles(struct uv_host *u)
{
    uv_close((uv_handle_t *)&u->timer, one_closed);
    uv_close((uv_handle_t *)&u->idle, one_closed);
    uv_close((uv_handle_t *)&u->check, one_closed);
    uv_close((uv_handle_t *)&u->async, one_closed);
    while (is_own(u) && u->handles > 0)
        uv_run(u->loop, UV_RUN_NOWAIT);
}

/* How much is still polled. */
static unsigned end_polling(struct uv_host *u)
{
    if (is_own(u))
        flow__poller_remove(&u->libuv);
    else
        uv_close((uv_handle_t *)&u->poll, one_closed);
    return flow__poller_close();
}

static int begin_polling(struct uv_host *u)
{
    int wrong;

    u->libuv = (struct flow__polled){ uv_backend_fd(u->loop), libuv_happened,
                                      0 };
    if (is_own(u))
        return flow__poller_add(&u->libuv, EPOLLIN);
    wrong = uv_poll_init(u->loop, &u->poll, u->poller);
    if (wrong != 0)
        return wrong;
    uv_poll_start(&u->poll, UV_READABLE, some_happened);
    uv_unref((uv_handle_t *)&u->poll);
    u->poll.data = u;
    u->handles++;
    return 0;
}

/* Of these only the idle one and the timer keep the loop alive, and those while
 * they are active. */
static int begin_handles(struct uv_host *u)
{
    int wrong = uv_async_init(u->loop, &u->async, others_sent);

    if (wrong != 0)
        return wrong;
    uv_timer_init(u->loop, &u->timer);
    uv_idle_init(u->loop, &u->idle);
    uv_check_init(u->loop, &u->check);
    uv_check_start(&u->check, after_poll);
    uv_unref((uv_handle_t *)&u->check);
    uv_unref((uv_handle_t *)&u->async);
    u->timer.data = u->idle.data = u->check.data = u->async.data = u;
    u->handles = 4;
    wrong = begin_polling(u);
    if (wrong != 0)
        close_handles(u);
    return wrong;
}

static int begin_in_loop(struct uv_host *u)
{
    int wrong;

    u->poller = flow__poller_open();
    if (u->poller < 0)
        return u->poller;
    wrong = begin_handles(u);
    if (wrong != 0)
        flow__poller_close();
    return wrong;
}

/* libuv tells the system what it watches when it turns: once now, so that other
 * threads are heard even before there is anything to turn for. */
static void begin_to_watch(struct uv_host *u)
{
    uv_ref((uv_handle_t *)&u->async);
    uv_run(u->loop, UV_RUN_NOWAIT);
    uv_unref((uv_handle_t *)&u->async);
}

static flow_host *is_taken(void)
{
    flow_report("this thread has a host of libuv already, or one on a loop of "
                 "the program's that has not turned since it was closed");
    return NULL;
}

static flow_host *begin(uv_loop_t *loop)
{
    struct uv_host *u = &here;
    int wrong = 0;

    if (u->handles > 0 || left_behind > 0)
        return is_taken();
    memset(u, 0, sizeof *u);
    u->loop = loop != NULL ? loop : &u->own;
    u->host = (flow_host){
        .now = host_now, .post = host_post, .cancel = host_cancel,
        .post_from = host_post_from, .turn = loop != NULL ? NULL : host_turn
    };
    if (loop == NULL)
        wrong = uv_loop_init(&u->own);
    if (wrong == 0) {
        wrong = begin_in_loop(u);
        if (wrong != 0 && loop == NULL)
            uv_loop_close(&u->own);
    }
    if (wrong != 0) {
        u->loop = NULL;
        flow_report("no loop of libuv: %s", uv_strerror(wrong));
        return NULL;
    }
    pthread_mutex_init(&u->sent.lock, NULL);
    if (loop == NULL)
        begin_to_watch(u);
    return &u->host;
}

void flow__uv_touch(void)
{
    here.touched = true;
}

void flow__uv_awaits(bool more)
{
    struct uv_host *u = &here;

    if (more && u->awaited++ == 0)
        uv_ref((uv_handle_t *)&u->check);
    else if (!more && --u->awaited == 0)
        uv_unref((uv_handle_t *)&u->check);
}

void flow__uv_leave_behind(void)
{
    left_behind++;
}

void flow__uv_has_ended(void)
{
    left_behind--;
}

/* ---- For a loop of another kind ----------------------------------------- */
int flow_uv_descriptor(void)
{
    if (!is_open(&here))
        return -1;
    return is_own(&here) ? here.poller : uv_backend_fd(here.loop);
}

/* A turn that has nothing left to do is still to answer so, once. */
double flow_uv_timeout(void)
{
    struct uv_host *u = &here;

    if (!is_open(u))
        return -1;
    if (is_own(u) ? !is_alive(u) : !uv_loop_alive(u->loop))
        return u->told ? -1 : 0;
    if (is_own(u))
        return patience(u) * 1e-3;
    uv_update_time(u->loop);
    return uv_backend_timeout(u->loop) * 1e-3;
}

/* ---- The host of a thread ----------------------------------------------- */
flow_host *flow_uv_host(void)
{
    return is_open(&here) ? &here.host : begin(NULL);
}

flow_host *flow_uv_host_on(uv_loop_t *loop)
{
    return is_open(&here) ? is_taken() : begin(loop);
}

uv_loop_t *flow__uv_loop(flow_value *why)
{
    flow__uv_touch();
    if (is_open(&here) && flow_host_here() == &here.host)
        return here.loop;
    *why = flow_error(FLOW_EINVAL, 0, "the host of this thread is not one of "
                      "libuv: call flow_host_use(flow_uv_host())");
    return NULL;
}

flow_value flow__guest_enter(struct flow__guest *g)
{
    flow_value why = flow_none();

    if (flow__uv_loop(&why) == NULL)
        return why;
    g->next = here.guests;
    here.guests = g;
    return why;
}

static void close_guests(struct uv_host *u)
{
    while (u->guests != NULL) {
        struct flow__guest *g = u->guests;

        u->guests = g->next;
        g->close(g);
    }
}

static void count_open(uv_handle_t *h, void *open)
{
    if (!uv_is_closing(h))
        ++*(unsigned *)open;
}

static void close_own_loop(struct uv_host *u, unsigned open)
{
    while (left_behind > 0)
        uv_run(u->loop, UV_RUN_ONCE);
    uv_run(u->loop, UV_RUN_NOWAIT);         /* what closed itself then      */
    if (uv_loop_close(u->loop) != 0)
        uv_walk(u->loop, count_open, &open);
    if (open > 0)
        flow_report("flow_uv_close: %u things that wait in the loop are still "
                    "open", open);
}

static bool is_due(struct uv_host *u)
{
    double at;

    return flow__timers_next(&u->timers, &at) && !(at > 0);
}

/* What is closing has its end in a task, which may close more; and a peer in
 * this thread may hear of that. */
static void come_to_an_end(struct uv_host *u)
{
    enum { LEAST = 3, MOST = 16 };

    for (int n = 0; n < MOST && (n < LEAST || is_due(u)); n++)
        if (is_own(u))
            host_turn(&u->host, false);
        else
            run_due(u);
}

void flow_uv_close(void)
{
    struct uv_host *u = &here;
    unsigned open;

    if (!is_open(u))
        return;
    come_to_an_end(u);
    close_guests(u);
    if (flow_host_here() == &u->host)
        flow_host_use(NULL);
    open = end_polling(u);
    close_handles(u);
    if (is_own(u))
        close_own_loop(u, open);
    pthread_mutex_destroy(&u->sent.lock);
    u->loop = NULL;
}
