/* SPDX-License-Identifier: MIT */
/* Runs each test plainly and then with each thing going wrong that can be made
 * to: see harness.h. A run is repeatable: its kind and number say all of it,
 * and FLOW_TEST=name FLOW_TORTURE=kind:number runs it alone. */
#include "harness_inside.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is made to go wrong in a run, at a number. */
enum kind {
    PLAIN,
    ONCE,                       /* that allocation fails                    */
    FROM,                       /* that one and all after it                */
    CLOSE,                      /* the flow is closed instead of asked      */
    LATE,                       /* a deadline passes at that suspension     */
    KINDS
};

static const char *const kind_names[KINDS] = {
    "plain", "once", "from", "close", "late"
};

static struct {
    const char *program;
    const struct test *test;
    enum kind kind;
    unsigned long number;
    unsigned long asks, waits;  /* of all flows expected in this run        */
    unsigned long allocations;
    bool cut;                   /* the flow has been closed, or is late     */
    bool failed;
    char where[256];            /* for handlers of signals                  */
} run;

static struct { char text[16384]; size_t size; bool looked_at; } told;

/* ---- Saying ------------------------------------------------------------ */
void complain(const char *format, ...)
{
    va_list args;

    if (run.failed)
        return;                 /* the first thing that is wrong says most  */
    run.failed = true;
    fprintf(stderr, "%s\n    ", run.where);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
}

void harness_at(const char *format, ...)
{
    enum { A_RUN = 100 };       /* seconds, also under valgrind and qemu    */
    va_list args;

    run.failed = false;
    va_start(args, format);
    vsnprintf(run.where, sizeof run.where - 1, format, args);
    va_end(args);
    alarm(A_RUN);
}

bool harness_failed(void)
{
    return run.failed;
}

static void report(void *ctx, const char *text)
{
    size_t n = strlen(text);

    (void)ctx;
    if (n + 2 > sizeof told.text - told.size)
        return;
    memcpy(told.text + told.size, text, n);
    told.size += n;
    if (n == 0 || text[n - 1] != '\n')
        told.text[told.size++] = '\n';
    told.text[told.size] = '\0';
}

const char *reports(void)
{
    told.looked_at = true;
    return told.text;
}

void reports_forget(void)
{
    told.text[0] = '\0';
    told.size = 0;
    told.looked_at = false;
}

bool disturbed(void)
{
    return run.cut || memory_failed();
}

void check(bool holds, const char *says, const char *file, int line)
{
    if (!holds && !disturbed())
        complain("%s:%d: does not hold: %s", file, line, says);
}

void must(bool holds, const char *says, const char *file, int line)
{
    if (!holds)
        complain("%s:%d: does not hold: %s", file, line, says);
}

/* ---- A deadline ------------------------------------------------------------
 * Passes what its source gives until the run's deadline has passed. */
struct late { flow_stage *source; };

static flow_status late_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct late *l = self;
    flow_value v;
    flow_status st;

    if (run.cut) {
        flow_close(l->source);
        l->source = NULL;
        return flow_raise_in(out, flow_error(FLOW_ETIMEOUT, 0, "late"));
    }
    st = flow_pull(l->source, w, &v);
    if (st == FLOW_READY)
        flow_give(out, v);
    return flow_pass(out, st, v);
}

static flow_stage *late(flow_stage *source)
{
    static const flow_type type = {
        .name = "late", .size = sizeof(struct late), .fill = late_fill,
        .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct late){ source });
}

/* ---- Expecting --------------------------------------------------------- */
static struct { flow_waker waker; bool woken; } driver;

static void driver_woken(flow_waker *w)
{
    (void)w;
    driver.woken = true;
}

/* What has come of a flow, and what should. */
struct came {
    const char *wanted, *made;
    FILE *to;
    char *text;
    size_t size;
    bool cut_before;            /* what this one gives is anyone's guess    */
};

static bool is_beginning(const struct came *c)
{
    size_t n = c->size;

    return strncmp(c->text, c->wanted, n) == 0
        && (n == 0 || c->wanted[n] == ' ' || c->wanted[n] == '\0');
}

static void mismatch(const struct came *c, const char *how)
{
    complain("%s: %s\n    expected: %s\n    got:      %s",
             c->made != NULL ? c->made : "a flow", how, c->wanted, c->text);
}

static void separate(struct came *c)
{
    fflush(c->to);
    if (c->size > 0)
        fputc(' ', c->to);
}

static bool because_of_memory(const flow_value *v)
{
    for (; v != NULL; v = flow_cause(v))
        if (flow_is(v, FLOW_ENOMEM))
            return true;
    return false;
}

/* Trapped, an error of our making is an ordinary value. */
static bool shows_our_error(const struct came *c)
{
    return strstr(c->text, "<NoMemory") != NULL;
}

/* Whether the flow should be asked on. */
static bool takes_value(struct came *c, flow_value v)
{
    separate(c);
    flow_write(c->to, &v);
    fflush(c->to);
    flow_drop(v);
    if (is_beginning(c))
        return true;
    if (!c->cut_before && !(disturbed() && shows_our_error(c)))
        mismatch(c, "a wrong value");
    return false;
}

/* A failure is right when it is the one expected, or follows from the one that
 * was brought about: out of memory, a writer may be missing for ever. */
static void takes_failure(struct came *c, flow_value error)
{
    const flow_error_class *class = flow_class_of(&error);
    bool follows = run.kind == LATE ? class == FLOW_ETIMEOUT
                 : because_of_memory(&error) || class == FLOW_ESTUCK
                   || class == FLOW_ECANCELLED;

    separate(c);
    fprintf(c->to, "!%s: %s", class->name, flow_message(&error));
    fflush(c->to);
    flow_drop(error);
    if (strcmp(c->text, c->wanted) == 0 || (disturbed() && follows)
        || c->cut_before)
        return;
    mismatch(c, "a wrong failure");
}

static void takes_end(struct came *c)
{
    if (strcmp(c->text, c->wanted) != 0 && !c->cut_before)
        mismatch(c, "ends too early, without a failure");
}

static void takes_stuck(struct came *c)
{
    separate(c);
    fputs("!stuck", c->to);
    fflush(c->to);
    if (strcmp(c->text, c->wanted) != 0 && !disturbed())
        mismatch(c, "waits, and nothing can wake it");
}

/* A stage that has ended does so for ever. */
static void stays_ended(flow_stage *s, struct came *c)
{
    for (int n = 0; n < 2; n++) {
        flow_value v = flow_int(1);
        flow_status st = flow_pull(s, &driver.waker, &v);

        if (st == FLOW_DONE && v.kind == FLOW_NONE)
            continue;
        if (st == FLOW_READY || st == FLOW_FAILED)
            flow_drop(v);
        mismatch(c, "goes on after its end");
        return;
    }
}

static bool waits(void)
{
    flow_host *h = driver.waker.host;

    if (++run.waits == run.number && run.kind == LATE) {
        run.cut = true;
        return true;
    }
    if (driver.woken)
        h->turn(h, false);
    while (!driver.woken)
        if (!h->turn(h, true) && !driver.woken)
            return false;
    return true;
}

static void drive(flow_stage *s, struct came *c)
{
    for (;;) {
        flow_value v;

        if (++run.asks == run.number && run.kind == CLOSE) {
            run.cut = true;
            return;
        }
        driver.woken = false;
        switch (flow_pull(s, &driver.waker, &v)) {
        case FLOW_READY:
            if (!takes_value(c, v))
                return;
            break;
        case FLOW_WAIT:
            if (!waits()) {
                takes_stuck(c);
                return;
            }
            break;
        case FLOW_FAILED:
            takes_failure(c, v);
            if (s->ended)
                stays_ended(s, c);
            return;
        case FLOW_DONE:
            takes_end(c);
            stays_ended(s, c);
            return;
        }
    }
}

void expect(const char *text, flow_stage *s)
{
    struct came c = { .wanted = text, .cut_before = run.cut };

    if (run.kind == LATE)
        s = late(s);
    c.made = s->made;
    c.to = open_memstream(&c.text, &c.size);
    fflush(c.to);
    driver.waker = (flow_waker){ driver_woken, flow_host_here() };
    drive(s, &c);
    flow_close(s);
    fclose(c.to);
    free(c.text);
}

/* ---- One run ----------------------------------------------------------- */
static bool runs(enum kind kind, unsigned long number)
{
    struct memory before;

    run.kind = kind;
    run.number = number;
    run.asks = run.waits = 0;
    run.cut = false;
    harness_at("%s: FAILED %s, %s:%lu", run.program, run.test->says,
               kind_names[kind], number);
    reports_forget();
    flow_host_use(flow_virtual_host());     /* its clock at 0 again */
    memory_settle();
    before = memory_live();
    memory_count(kind == ONCE || kind == FROM ? number : 0, kind == FROM);
    run.test->run();
    bool was_disturbed = disturbed();
    run.allocations = memory_asked();
    memory_count(0, false);
    memory_check(before);
    if (told.size > 0 && !told.looked_at && !was_disturbed)
        complain("reports that nobody looked at:\n%s", told.text);
    return !run.failed;
}

/* ---- All runs of a test ------------------------------------------------ */
static enum { NONE, QUICK, FULL } torture = QUICK;

/* Of how many numbers up to `total` a run is made. Allocations of a test are
 * about the cost of a run. */
static unsigned long how_many(unsigned long total)
{
    unsigned long most = torture == FULL ? 5000 : 60;
    unsigned long cost = torture == FULL ? 500000 : 60 * 500;

    if (most > cost / (run.allocations + 1))
        most = cost / (run.allocations + 1) + 3;
    return most < total ? most : total;
}

/* The first half of them from 1 on, the others evenly up to the total. */
static unsigned long pick(unsigned long i, unsigned long n, unsigned long total)
{
    unsigned long half = n / 2;

    if (n == total || i < half)
        return i + 1;
    return half + (i - half + 1) * (total - half) / (n - half);
}

static bool survives_all(enum kind kind, unsigned long total)
{
    unsigned long n = how_many(total), plainly = run.allocations;

    for (unsigned long i = 0; i < n; i++) {
        bool survived = runs(kind, pick(i, n, total));

        run.allocations = plainly;
        if (!survived)
            return false;
    }
    return true;
}

static bool passes(void)
{
    unsigned long allocations, asks, waits;

    if (!runs(PLAIN, 0))
        return false;
    if (torture == NONE)
        return true;
    allocations = run.allocations;
    asks = run.asks;
    waits = run.waits;
    return survives_all(ONCE, allocations) && survives_all(FROM, allocations)
        && survives_all(CLOSE, asks) && survives_all(LATE, waits);
}

/* FLOW_TORTURE=kind:number makes that run only. */
static bool asked_for(const char *how, enum kind *kind, unsigned long *number)
{
    for (int k = 0; how != NULL && k < KINDS; k++) {
        size_t n = strlen(kind_names[k]);

        if (strncmp(how, kind_names[k], n) == 0 && how[n] == ':') {
            *kind = (enum kind)k;
            *number = strtoul(how + n + 1, NULL, 10);
            return true;
        }
    }
    torture = how == NULL ? QUICK
            : strcmp(how, "none") == 0 ? NONE
            : strcmp(how, "full") == 0 ? FULL : QUICK;
    return false;
}

/* ---- When it crashes or hangs ------------------------------------------ */
static void says_where(void)
{
    size_t n = strlen(run.where);

    run.where[n] = '\n';
    if (write(STDERR_FILENO, run.where, n + 1) < 0)
        _exit(2);
    run.where[n] = '\0';
}

static void dies(int signal)
{
    says_where();
    if (signal == SIGALRM)
        flow_dump(STDERR_FILENO);
    raise(signal);              /* for good: see SA_RESETHAND */
}

extern void __sanitizer_set_death_callback(void (*call)(void))
    __attribute__((weak));

static void watch_for_death(void)
{
    static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    static char stack[65536];
    struct sigaction act = {
        .sa_handler = dies, .sa_flags = (int)SA_RESETHAND | SA_ONSTACK
    };

    sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
    sigaction(SIGALRM, &act, NULL);
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(says_where);
        return;                 /* it says more of a crash than we could */
    }
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        sigaction(deadly[i], &act, NULL);
}

/* ---- A program --------------------------------------------------------- */
void harness_configure(void)
{
    /* One stack in a mapping: every generator's may fail to be had. */
    static const flow_config config = {
        .resize = memory_resize, .pages = memory_pages, .report = report,
        .slab = 1
    };

    flow_configure(&config);
    flow_host_use(flow_virtual_host());
}

void harness_begin(void)
{
    harness_configure();
    watch_for_death();
}

int run_tests(const char *program, const struct test *tests, size_t n)
{
    const char *only = getenv("FLOW_TEST");
    size_t passed = 0, failed = 0;
    enum kind kind = PLAIN;
    unsigned long number = 0;
    bool one_run = asked_for(getenv("FLOW_TORTURE"), &kind, &number);

    run.program = program;
    harness_begin();
    for (size_t i = 0; i < n; i++) {
        if (only != NULL && strcmp(only, tests[i].says) != 0)
            continue;
        run.test = &tests[i];
        if (one_run ? runs(kind, number) : passes())
            passed++;
        else
            failed++;
    }
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed > 0;
}

int run_processes(const char *program, const struct test *tests, size_t n)
{
    size_t failed = 0;

    for (size_t i = 0; i < n; i++) {
        harness_at("%s: FAILED %s", program, tests[i].says);
        tests[i].run();
        failed += run.failed;
    }
    printf("%zu passed, %zu failed\n", n - failed, failed);
    return failed > 0;
}
