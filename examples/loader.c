/* SPDX-License-Identifier: MIT */
/* Loads a file of measurements into a table, all of it or nothing.
 *
 *     loader URL FILE
 *
 * FILE has a line for each measurement, as `2026-11-21 15:20,Oslo,-3.5`, below
 * one of names. Lines without a temperature are left out; the others become
 * rows of the table `reading`, which is made. URL is a database of SQLite or
 * PostgreSQL, as sqlite:weather.db. What happens to the file is one chain:
 *
 *     pieces of the file < lines < rows < insert < transaction < a bar
 *
 * Ctrl-C ends it, and the table is as it was before. */
#include <flow/pq.h>
#include <flow/reactor.h>
#include <flow/sqlite.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const flow_error_class INTERRUPTED[1] = {{ "Interrupted", FLOW_EANY }};

struct load {
    FILE *file;
    double size, read;                  /* bytes                            */
    double began, shown;                /* when                             */
    int64_t lines, rows;
};

/* ---- From the file ------------------------------------------------------ */
static flow_status read_pieces(void *state, flow_stage *out)
{
    struct load *l = state;
    char *to;
    flow_value piece = flow_buffer(65536, &to);
    size_t n = to != NULL ? fread(to, 1, 65536, l->file) : 0;

    l->read += (double)n;
    if (n > 0)
        flow_give(out, flow_slice(&piece, 0, n));
    else if (to == NULL)
        flow_give(out, flow_share(piece));
    flow_drop(piece);
    if (ferror(l->file))
        flow_give(out, flow_system_error(EIO, "cannot read the file"));
    return n > 0 ? FLOW_READY : FLOW_DONE;
}

/* The line's part up to the next comma; *at is where the one after begins. */
static flow_value cut_field(const flow_value *line, size_t *at)
{
    size_t n, from = *at;
    const char *s = flow_chars(line, &n);
    const char *comma = memchr(s + from, ',', n - from);
    size_t to = comma != NULL ? (size_t)(comma - s) : n;
    flow_value field = flow_slice(line, from, to - from);

    *at = comma != NULL ? to + 1 : n;
    field.kind = FLOW_TEXT;
    return field;
}

/* The measurement, as time, station and degrees; NONE for a line without. */
static flow_value as_row(flow_value line, void *arg)
{
    struct load *l = arg;
    size_t at = 0;
    flow_value time = cut_field(&line, &at);
    flow_value station = cut_field(&line, &at);
    flow_value celsius = cut_field(&line, &at);
    char number[32] = "";
    double degrees;
    char *end;

    l->lines++;
    if (celsius.size < sizeof number)
        memcpy(number, flow_chars(&celsius, NULL), celsius.size);
    degrees = strtod(number, &end);
    flow_drop(celsius);
    flow_drop(line);
    if (end != number && *end == '\0')
        return flow_tuple(FLOW_VALUES(time, station, degrees));
    flow_drop(time);
    flow_drop(station);
    if (*number == '\0')
        return flow_none();
    return flow_error(FLOW_EFORMAT, 0, "line %lld: '%s' is no temperature",
                      (long long)l->lines + 1, number);
}

static flow_stage *load(flow_database *db, void *arg)
{
    flow_stage *lines = flow_lines(flow_iterate(read_pieces, arg));
    flow_stage *rows = flow_map(flow_skip(lines, 1), as_row, arg);

    return flow_insert(db, "reading (at, station, celsius)",
                       flow_filter(rows, NULL, NULL));
}

/* ---- To the eye --------------------------------------------------------- */
static void draw_bar(const struct load *l, double now)
{
    static const char full[] = "##############################";
    double took = now - l->began, done = l->size > 0 ? l->read / l->size : 1;

    fprintf(stderr, "\r[%-30.*s] %3.0f %%  %9lld rows  %8.0f rows/s  "
            "%4.0f s left ", (int)(done * 30), full, done * 100,
            (long long)l->rows,
            took > 0 ? (double)l->rows / took : 0,
            done > 0 ? took / done - took : 0);
}

/* Called with how many rows are written by now. */
static flow_value show(flow_value rows, void *arg)
{
    struct load *l = arg;
    double now = flow_now();

    l->rows = rows.as.num;
    if (isatty(STDERR_FILENO) && now - l->shown >= 0.1) {
        draw_bar(l, now);
        l->shown = now;
    }
    return flow_none();
}

static flow_value interrupted(flow_value number, void *arg)
{
    (void)arg;
    return flow_error(INTERRUPTED, (int)number.as.num, "interrupted");
}

/* ---- The program -------------------------------------------------------- */
static bool is_done(struct load *l, flow_value outcome)
{
    bool failed = flow_is(&outcome, FLOW_EANY);

    if (isatty(STDERR_FILENO)) {
        draw_bar(l, flow_now());
        fputc('\n', stderr);
    }
    if (failed)
        fprintf(stderr, "loader: %s; nothing was loaded\n",
                flow_message(&outcome));
    else
        printf("%lld lines, %lld rows\n", (long long)l->lines,
               (long long)l->rows);
    flow_drop(outcome);
    return !failed;
}

/* The load, unless a signal comes first: then it is closed. The signals are
 * asked first, so they are caught before the load begins. */
static bool run(flow_database *db, struct load *l)
{
    flow_value made = flow_block_all(flow_execute(db, "CREATE TABLE IF NOT "
        "EXISTS reading (at VARCHAR(20), station VARCHAR(80), celsius REAL)"));
    flow_stage *all;

    if (flow_is(&made, FLOW_EANY))
        return is_done(l, made);
    flow_drop(made);
    l->began = flow_now();
    all = flow_for_each(flow_transaction(db, load, l), show, l);
    return is_done(l, flow_block_all(flow_race(FLOW_STAGES(
        flow_map(flow_signals(SIGINT), interrupted, NULL),
        flow_map(flow_signals(SIGTERM), interrupted, NULL),
        all))));
}

int main(int argc, char **argv)
{
    struct load l = { 0 };
    flow_database *db;
    bool good;

    if (argc != 3) {
        fprintf(stderr, "loader URL FILE\n");
        return 2;
    }
    l.file = fopen(argv[2], "rb");
    if (l.file == NULL) {
        fprintf(stderr, "loader: %s: %s\n", argv[2], strerror(errno));
        return 1;
    }
    fseek(l.file, 0, SEEK_END);
    l.size = (double)ftell(l.file);
    rewind(l.file);

    flow_host_use(flow_uv_host());
    db = flow_database_new(strncmp(argv[1], "sqlite:", 7) == 0 ? flow_sqlite
                                                               : flow_pq,
                           argv[1], NULL);
    good = run(db, &l);
    flow_database_release(db);
    flow_uv_close();
    fclose(l.file);
    return good ? 0 : 1;
}
