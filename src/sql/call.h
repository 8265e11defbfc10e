/* SPDX-License-Identifier: MIT */
/* A call: what a connection is asked, and what comes of it.
 *
 * The values of its rows lie side by side in one of two halves; a driver's
 * thread fills the one while the loop reads the other. A full half is given to
 * the loop when that has read the one before, and not until then filled again:
 * so the thread need not stop between them. Text goes into blocks that belong
 * to one half: what is handed over is whole.
 *
 * Only the loop makes TUPLEs of them, a few at a time, so that their memory is
 * had and given back in one thread, and mostly is that of those before. Their
 * list is one longer than the value says: the last item is the names of the
 * columns, one TUPLE for all rows of a query. */
#ifndef FLOW_SQL_CALL_H
#define FLOW_SQL_CALL_H

#include <flow/sql_driver.h>

#include <stdatomic.h>

enum {
    FLOW__ROWS_FIRST = 16,          /* rows in a half of a thread's, to begin
                                       with                                 */
    FLOW__ROWS = 2048,              /* in the end: about a millisecond of it */
    FLOW__ROWS_HERE = 64,           /* made in the loop, and at once: they are
                                       still in the cache when they are read,
                                       and no halves that were outgrown leave
                                       holes, from which malloc would slowly
                                       cut what the driver asks for         */
    FLOW__ROWS_BYTES = 65536,       /* and not many more bytes of text      */
    FLOW__TUPLES = 7,               /* made at once: as many as malloc has at
                                       hand for a thread                    */
    FLOW__TEXT_BLOCK = 4096         /* a text that is kept keeps so many    */
};

typedef enum flow__sql_order {
    FLOW__SQL_QUERY, FLOW__SQL_TRANSACT, FLOW__SQL_INSERT, FLOW__SQL_PUT,
    FLOW__SQL_LISTEN
} flow__sql_order;

/* So far apart that no line of a cache is written by one thread and read by the
 * other for each row. */
enum { FLOW__SQL_APART = 64 };

struct flow_sql_call {
    /* What is asked. */
    flow__sql_order order;
    flow_sql_verb verb;
    char *text;                     /* SQL, a table, a channel; or NULL     */
    size_t text_size;
    flow_value *values;             /* parameters, or rows to put           */
    size_t n, values_room;
    size_t width;                   /* columns of an insert                 */
    bool blocks;                    /* it is made in a thread               */

    atomic_bool given_up;

    /* What has come of it, but for the rows. */
    size_t columns;                 /* of each row; 0: there are none yet   */
    flow_value names;               /* NONE: not yet                        */
    int64_t changed;
    flow_value error;               /* NONE: has not failed                 */
    size_t good;                    /* rows before the error                */
    int fd, events;                 /* what it waits for                    */
    char apart[FLOW__SQL_APART];

    /* Of whoever makes rows. */
    unsigned filling;               /* which half                           */
    size_t most;                    /* rows in it                           */
    size_t bytes;                   /* of text in it                        */
    long tick;                      /* when its first row came              */
    flow_value block;               /* of text; NONE: there is none now     */
    char *chars;
    size_t used;                    /* of the block                         */
    char apart_too[FLOW__SQL_APART];

    struct flow__sql_half {
        flow_value *values;
        size_t room;                /* for values                           */
        size_t rows;
        size_t next;                /* of them, to be read                  */
        char apart[FLOW__SQL_APART];
    } halves[2];

    /* Of whoever reads them. */
    atomic_bool given;              /* a half is the reader's               */
    bool taken;                     /* and the reader knows                 */
    unsigned reading;               /* which half, when it is               */
};

void flow__sql_call_begin(struct flow_sql_call *c);
void flow__sql_call_end(struct flow_sql_call *c);

/* One in memory of its own. NULL: there is none. */
struct flow_sql_call *flow__sql_call_new(void);
void flow__sql_call_free(struct flow_sql_call *c);          /* NULL is fine */

/* Sets what is asked: `text`, which is copied and then ended by 0, and room for
 * n values, which are to be filled in. False: no memory. */
bool flow__sql_call_set(struct flow_sql_call *c, flow__sql_order order,
                        const char *text, size_t len, size_t n);

/* Asks for something else with what there is: of a transaction, or to put the
 * values. */
void flow__sql_call_order(struct flow_sql_call *c, flow__sql_order order);
void flow__sql_call_drop_values(struct flow_sql_call *c);

/* Of whoever makes rows: those in the half are to be read. False: there are
 * none, or those before have not been read. */
bool flow__sql_call_give(struct flow_sql_call *c);

/* Of whoever reads: takes the rows that were given, how many there are; and
 * leaves what it took, of which it has read all that it wants. */
size_t flow__sql_call_take(struct flow_sql_call *c);
void flow__sql_call_leave(struct flow_sql_call *c);

/* How many of those taken have not been read yet. */
size_t flow__sql_call_left(const struct flow_sql_call *c);

/* The next of them, at most FLOW__TUPLES, now yours; 0: no memory. */
size_t flow__sql_call_read(struct flow_sql_call *c, flow_value *to);

flow_value flow__sql_call_take_error(struct flow_sql_call *c);

/* Forgets all rows. */
void flow__sql_call_forget(struct flow_sql_call *c);

/* What hinders a value from being sent, `what` number i; or NONE. */
flow_value flow__sql_check(const flow_value *v, const char *what, size_t i);

#endif
