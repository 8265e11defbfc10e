/* SPDX-License-Identifier: MIT */
/* The most frequent words of many files, which are read in four threads.
 *
 *     count_files [FILE]...
 *
 * A call in a thread reads one file, which blocks, and answers the words it
 * counted. The loop adds up what comes, in the order of the files; a file that
 * cannot be read is told of, and the others are counted all the same. Without
 * arguments the program makes some files for itself. */
#include <flow/thread.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, FILES = 6, WORDS = 1000, LONGEST = 32, SHOWN = 5 };

struct word { char text[LONGEST]; int count; };
struct table { int n; struct word words[WORDS]; };

/* ---- A table of words --------------------------------------------------- */
static void add(struct table *t, const char *text, int count)
{
    int i;

    for (i = 0; i < t->n && strcmp(t->words[i].text, text) != 0; i++)
        ;
    if (i == WORDS)
        return;                     /* enough different ones for an example */
    if (i == t->n) {
        t->n++;
        t->words[i].count = 0;
        strcpy(t->words[i].text, text);
    }
    t->words[i].count += count;
}

static int by_count(const void *a, const void *b)
{
    const struct word *x = a, *y = b;

    return x->count != y->count ? y->count - x->count
                                : strcmp(x->text, y->text);
}

/* A table goes from thread to thread as a box, which owns it. */
static const flow_class table_class = { .name = "words", .release = free };

/* ---- In a thread --------------------------------------------------------- */
static flow_value count_file(flow_value path, void *arg)
{
    size_t n;
    const char *chars = flow_chars(&path, &n);
    char name[256], text[LONGEST];
    struct table *t;
    FILE *f;

    (void)arg;
    snprintf(name, sizeof name, "%.*s", (int)n, chars);
    flow_drop(path);
    f = fopen(name, "r");
    if (f == NULL)                  /* settled: one value among the others  */
        return flow_settle(flow_system_error(errno, "cannot read %s",
                                             strrchr(name, '/')));
    t = calloc(1, sizeof *t);
    while (t != NULL && fscanf(f, "%31s", text) == 1)
        add(t, text, 1);
    fclose(f);
    return t != NULL ? flow_box(&table_class, t)
                     : flow_error(FLOW_ENOMEM, 0, "a table of words");
}

/* ---- In the loop --------------------------------------------------------- */
static void sum_up(flow_stage *counted)
{
    static struct table all;

    for (flow_value v; flow_block(counted, &v); flow_drop(v)) {
        const struct table *t = flow_unbox(&v, &table_class);

        if (t == NULL)
            printf("%s\n", flow_message(&v));
        for (int i = 0; t != NULL && i < t->n; i++)
            add(&all, t->words[i].text, t->words[i].count);
    }
    qsort(all.words, (size_t)all.n, sizeof *all.words, by_count);
    for (int i = 0; i < all.n && i < SHOWN; i++)
        printf("%5d %s\n", all.words[i].count, all.words[i].text);
}

/* ---- Files --------------------------------------------------------------- */
/* Each has the words one to six, the first of them most often; one of them is
 * not there. */
static void make_files(const char *folder, flow_value *paths)
{
    static const char *const words[] = {
        "one", "two", "three", "four", "five", "six"
    };

    for (int n = 0; n < FILES; n++) {
        char path[64];
        FILE *f = NULL;

        snprintf(path, sizeof path, "%s/part%d", folder, n);
        paths[n] = flow_text(path, strlen(path));
        if (n != 2)
            f = fopen(path, "w");
        for (int i = 0; f != NULL && i < 600; i++)
            fprintf(f, "%s\n", words[i * i / 60 % (i % 6 + 1)]);
        if (f != NULL)
            fclose(f);
    }
}

static void remove_files(const char *folder)
{
    char path[64];

    for (int n = 0; n < FILES; n++) {
        snprintf(path, sizeof path, "%s/part%d", folder, n);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/count_filesXXXXXX";
    size_t files = argc > 1 ? (size_t)argc - 1 : FILES;
    flow_value *paths = calloc(files, sizeof *paths);
    flow_pool *pool = flow_pool_new(THREADS, 0);
    flow_stage *counted;

    if (paths == NULL || (argc == 1 && mkdtemp(folder) == NULL))
        return 1;
    if (argc == 1)
        make_files(folder, paths);
    for (int n = 1; n < argc; n++)
        paths[n - 1] = flow_literal(argv[n]);
    counted = flow_map_in_threads(flow_list(paths, files), pool, THREADS,
                                  count_file, NULL);
    sum_up(counted);
    if (flow_failure(counted) != NULL)
        flow_print_trace(stderr, flow_failure(counted));
    flow_close(counted);
    flow_pool_close(pool);
    if (argc == 1)
        remove_files(folder);
    free(paths);
    return 0;
}
