/* SPDX-License-Identifier: MIT */
#include "fan.h"

#include "trouble.h"

static size_t fan_size(size_t places)
{
    return sizeof(struct flow__fan)
           + places * (sizeof(struct flow__input) + sizeof(flow_stage *));
}

/* A wake answers one wait: w is forgotten, so that it is not called when
 * whoever handed it out may be gone. */
static void wake_up(struct flow__fan *fan)
{
    flow_waker *w = fan->up;

    fan->up = NULL;
    flow_wake(w);
}

static void input_woken(flow_waker *w)
{
    struct flow__input *in = (struct flow__input *)(void *)w;

    if (flow__fan_stage(in) == NULL)
        return;
    if (!in->queued)
        flow__fan_again(in);
    wake_up(in->fan);
}

struct flow__fan *flow__fan_new(size_t places)
{
    struct flow__fan *fan = flow_alloc(fan_size(places));

    if (fan == NULL)
        return NULL;
    *fan = (struct flow__fan){ .places = places };
    fan->stages = (flow_stage **)(void *)(fan->inputs + places);
    for (size_t i = 0; i < places; i++) {
        fan->inputs[i] = (struct flow__input){
            .waker = { .call = input_woken }, .fan = fan
        };
        fan->stages[i] = NULL;
    }
    return fan;
}

void flow__fan_free(struct flow__fan *fan)
{
    if (fan != NULL)
        flow_free(fan, fan_size(fan->places));
}

struct flow__fan *flow__fan_of(flow_stage *const *s, size_t n,
                               const char *name, flow_stage **refused)
{
    *refused = flow__check_inputs(name, s, n);
    if (*refused != NULL)
        return NULL;

    struct flow__fan *fan = flow__fan_new(n);

    if (fan == NULL) {
        *refused = flow__out_of_memory(name, s, n);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        flow__fan_put(fan, i, s[i]);
    return fan;
}

size_t flow__fan_stages(struct flow__fan *fan, flow_stage ***list)
{
    *list = fan->stages;
    return fan->places;
}

void flow__fan_put(struct flow__fan *fan, size_t place, flow_stage *s)
{
    fan->stages[place] = s;
    fan->live++;
    if (!fan->inputs[place].queued)
        flow__fan_again(&fan->inputs[place]);
}

static struct flow__input *take_first(struct flow__fan *fan)
{
    struct flow__input *in = fan->first;

    fan->first = in->next;
    if (fan->first == NULL)
        fan->last = NULL;
    fan->queued--;
    in->next = NULL;
    in->queued = false;
    return in;
}

/* One that woke while it ended may still be there; its place is empty. */
struct flow__input *flow__fan_next(struct flow__fan *fan)
{
    while (fan->first != NULL) {
        struct flow__input *in = take_first(fan);

        if (flow__fan_stage(in) != NULL)
            return in;
    }
    return NULL;
}

void flow__fan_again(struct flow__input *in)
{
    struct flow__fan *fan = in->fan;

    if (fan->last != NULL)
        fan->last->next = in;
    else
        fan->first = in;
    fan->last = in;
    fan->queued++;
    in->queued = true;
}

/* The place is emptied first: closing runs bodies, and they may wake. */
static void close_place(struct flow__fan *fan, size_t place)
{
    flow_stage *s = fan->stages[place];

    if (s == NULL)
        return;
    fan->stages[place] = NULL;
    fan->live--;
    flow_close(s);
}

void flow__fan_finish(struct flow__input *in)
{
    close_place(in->fan, flow__fan_place(in));
}

void flow__fan_close(struct flow__fan *fan)
{
    for (size_t i = 0; i < fan->places; i++)
        close_place(fan, i);
}

flow_status flow__fan_wait(struct flow__fan *fan, flow_waker *w)
{
    fan->up = w;
    if (fan->first != NULL)
        wake_up(fan);
    return FLOW_WAIT;
}
