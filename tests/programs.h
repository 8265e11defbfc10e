/* SPDX-License-Identifier: MIT */
/* Random programs of tasklets, and a model of what they may do.
 *
 * The model knows nothing of lines or wakers. It is told what each call
 * answered and holds that against what was answered before: a value is received
 * at most once, in order, and not if its send was refused; a channel holds no
 * more than its room; nobody is told the end before the end; and when all wait,
 * nobody waits who could go on. */
#ifndef FLOW_TEST_PROGRAMS_H
#define FLOW_TEST_PROGRAMS_H

#include "harness_inside.h"

enum { TASKLETS = 6, OPS = 8, CASES = 4, CHANNELS = 3, ITEMS = 400 };
enum { NOBODY = TASKLETS, NO_CHANNEL = CHANNELS };

extern const flow_error_class program_error[1];

/* ---- Programs ----------------------------------------------------------- */
enum what {
    SENDS, RECEIVES, NEXTS, AWAITS, TIMES_OUT,      /* may be cases, too    */
    SELECTS, OFFERS, TRIES, PAUSES, FINISHES, SPAWNS, CLOSES, FAILS
};

struct op {
    enum what what;
    unsigned channel;
    unsigned other;                         /* a tasklet                    */
    unsigned seconds;
    bool error;                             /* sends, finishes with one     */
    unsigned n;
    struct op *cases;                       /* of a select, n of them       */
    unsigned item[CASES];                   /* that it sends meanwhile      */
};

struct tasklet {
    struct op ops[OPS], cases[OPS][CASES];
    unsigned n;
    unsigned reads;                         /* a channel, as its source     */
    unsigned ahead;
    bool goes_on;                           /* after a refusal              */
    bool grouped;
    /* What has become of it. */
    flow_deferred *ended;                   /* NULL: not yet                */
    struct op *at;                          /* what it waits in             */
    bool spawned, began, over, in_group;
};

struct channel {
    size_t room;
    bool sender_first;
    /* What has become of it. */
    flow_chan *c;
    bool lost;                              /* there was no memory          */
    bool loose;                             /* readers may take ahead       */
    bool was_read, finished, failed;
    int code;                               /* that it failed with          */
    unsigned last_begun;                    /* of what was received         */
};

struct program {
    struct tasklet tasklets[TASKLETS];
    struct channel channels[CHANNELS];
    unsigned started;                       /* tasklets that are begun with */
    flow_group *group;
    flow_deferred *group_ended;
    bool closing;                           /* the end of the run           */
};
extern struct program program;

/* Makes the program of that seed, and prints it if `describing`. */
void make_program(uint64_t seed);
extern bool describing;
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Items: values that are followed ------------------------------------ */
enum fate { PENDING, SENT, UNSURE, REFUSED };
void forget_items(void);
flow_value new_item(unsigned channel, bool in_order, unsigned *number);
void item_is(unsigned number, enum fate fate);
/* An item came from the channel; NOBODY took it, or a tasklet. Drops it. */
void item_came(flow_value v, unsigned channel, unsigned who);
/* All that were made are dropped. */
void check_items_dropped(void);

/* ---- What may be answered ----------------------------------------------- */
/* How an operation ended that did not succeed. */
struct refusal {
    bool closing;
    const flow_error_class *failure;        /* NULL: none                   */
    int code;
};
void check_send_refused(unsigned channel, const struct refusal *r);
void check_receive_refused(unsigned channel, const struct refusal *r);
void check_select_refused(const struct op *op, const flow_case *cases,
                          const struct refusal *r);
void check_sent(unsigned channel, unsigned item);
void check_offer(unsigned channel, unsigned item, size_t room, bool fits);
void check_try(unsigned channel, flow_status st, const flow_value *v);
void finish(unsigned channel, bool failed, int code);

/* When nothing can wake anybody: nobody waits who could go on. */
void check_rest(void);
/* Whether somebody waits now. */
bool somebody_waits(void);
/* When all have ended, and what was left in the channels was taken. */
void check_all_received(void);

#endif
