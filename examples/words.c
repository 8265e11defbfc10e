/* SPDX-License-Identifier: MIT */
/* A service that counts words, and a client of it, over real sockets.
 *
 *     words [--once] [--port N] [FILE]
 *
 * Send it a text, and it answers with the ten most frequent words. What happens
 * to each connection is one chain of stages:
 *
 *     bytes received < lines < words < in small letters < counts < answer
 *
 * and there may be thousands of them at once. Nobody's text is ever whole in
 * memory: a stage reads on when the next one asks. The program first sends FILE
 * to itself, prints the answer, and then serves others until Ctrl-C; with
 * --once it ends there. */
#include <flow/net.h>
#include <flow/reactor.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define HERE "127.0.0.1"

enum {
    PORT = 8080,
    ANSWERED = 10,                  /* words                                */
    LONGEST_LINE = 65536,           /* bytes                                */
    MOST_WORDS = 100000             /* different ones, of one client        */
};

/* ---- Words -------------------------------------------------------------- */
static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Gives the runs of letters in each line. They share the line's memory, and so
 * that of the network's buffer. */
static void cut_words(flow_gen *self, flow_stage *lines, void *arg)
{
    flow_value line;

    (void)arg;
    while (flow_next(self, lines, &line)) {
        size_t n, from, to = 0;
        const char *s = flow_chars(&line, &n);

        for (;;) {
            for (from = to; from < n && !is_letter(s[from]); from++)
                ;
            for (to = from; to < n && is_letter(s[to]); to++)
                ;
            if (from == to
                || !flow_yield(self, flow_slice(&line, from, to - from)))
                break;
        }
        flow_drop(line);
    }
}

/* A copy, for whoever keeps a word must not keep the network's buffer with it.
 */
static flow_value in_small_letters(flow_value word, void *arg)
{
    size_t n;
    const char *from = flow_chars(&word, &n);
    char *to;
    flow_value small = flow_buffer(n, &to);

    (void)arg;
    for (size_t i = 0; to != NULL && i < n; i++)
        to[i] = (char)(from[i] | 0x20);     /* of letters only              */
    flow_drop(word);
    return small;
}

/* ---- Counting ----------------------------------------------------------- */
/* A hash table with open addressing, never more than half full. */
struct count { flow_value word; int64_t n; };
struct tally { struct count *at; size_t size, used; };

static struct count *find(const struct tally *t, const flow_value *word)
{
    size_t i = flow_hash(word) & (t->size - 1);

    while (t->at[i].n > 0 && flow_compare(&t->at[i].word, word) != 0)
        i = (i + 1) & (t->size - 1);
    return &t->at[i];
}

static bool double_size(struct tally *t)
{
    size_t size = t->size > 0 ? 2 * t->size : 1024;
    struct tally larger = { calloc(size, sizeof *t->at), size, t->used };

    if (larger.at == NULL)
        return false;
    for (size_t i = 0; i < t->size; i++)
        if (t->at[i].n > 0)
            *find(&larger, &t->at[i].word) = t->at[i];
    free(t->at);
    *t = larger;
    return true;
}

/* Takes the word. False: there is a failure in self. */
static bool count_word(flow_gen *self, struct tally *t, flow_value word)
{
    struct count *c;

    if (2 * t->used >= t->size && !double_size(t)) {
        flow_drop(word);
        flow_fail(self, FLOW_ENOMEM, 0, "no memory to count more words");
        return false;
    }
    c = find(t, &word);
    if (c->n++ > 0) {
        flow_drop(word);
        return true;
    }
    c->word = word;
    if (++t->used <= MOST_WORDS)
        return true;
    flow_fail(self, FLOW_ELIMIT, 0, "more than %d different words", MOST_WORDS);
    return false;
}

/* The most frequent first; of those that are as frequent, in the order of their
 * bytes; places without a word last. */
static int by_frequency(const void *a, const void *b)
{
    const struct count *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return x->n == 0 ? 0 : flow_compare(&x->word, &y->word);
}

static void answer(flow_gen *self, struct tally *t)
{
    if (t->used > 0)
        qsort(t->at, t->size, sizeof *t->at, by_frequency);
    for (size_t i = 0; i < t->used && i < ANSWERED; i++) {
        size_t n;
        const char *word = flow_chars(&t->at[i].word, &n);

        if (!flow_yield(self, flow_textf("%lld %.*s\n", (long long)t->at[i].n,
                                         (int)n, word)))
            return;
    }
}

/* However it ends, the words are given back here: also when the client has
 * gone, or the service is closed, as then flow_next has answered false. */
static void count_words(flow_gen *self, flow_stage *words, void *arg)
{
    struct tally t = { NULL, 0, 0 };
    flow_value word, error;

    (void)arg;
    while (flow_next(self, words, &word) && count_word(self, &t, word))
        ;
    if (flow_catch(self, FLOW_ELIMIT, &error)) {
        flow_yield(self, flow_textf("sorry: %s\n", flow_message(&error)));
        flow_drop(error);
    } else {
        answer(self, &t);
    }
    for (size_t i = 0; i < t.size; i++)
        if (t.at[i].n > 0)
            flow_drop(t.at[i].word);
    free(t.at);
}

/* ---- The service -------------------------------------------------------- */
static flow_stage *frequent_words(flow_stage *received, void *arg)
{
    flow_line_options o = {
        .delimiter = "\n", .longest = LONGEST_LINE, .trailer = true
    };
    flow_stage *lines = flow_line_break(received, &o);
    flow_stage *words = flow_generate(cut_words, lines, NULL);

    words = flow_map(flow_read_ahead(words, 64), in_small_letters, NULL);
    return flow_generate(count_words, words, arg);
}

/* ---- The client --------------------------------------------------------- */
static void read_file(flow_gen *self, flow_stage *source, void *path)
{
    char piece[4096];
    FILE *f = fopen(path, "rb");
    size_t n;

    (void)source;
    while (f != NULL && (n = fread(piece, 1, sizeof piece, f)) > 0
           && flow_yield(self, flow_bytes(piece, n)))
        ;
    if (f == NULL || ferror(f))
        flow_raise(self, flow_system_error(errno, "cannot read %s",
                                           (const char *)path));
    if (f != NULL)
        fclose(f);
}

static bool complains_of(const flow_value *error)
{
    if (error != NULL)
        fprintf(stderr, "words: %s\n", flow_message(error));
    return error != NULL;
}

/* The service works while flow_block waits for its answer. */
static bool ask(const char *at, char *path)
{
    flow_stage *file = flow_generate(read_file, NULL, path);
    flow_stage *answers = flow_lines(flow_connect(at, file, NULL));
    bool failed;

    fprintf(stderr, "The %d most frequent words of %s,\ncounted by a service "
            "at %s:\n", ANSWERED, path, at);
    for (flow_value line; flow_block(answers, &line);)
        flow_print(stdout, line);
    failed = complains_of(flow_failure(answers));
    flow_close(answers);
    return fflush(stdout) == 0 && !failed;
}

/* The signals are waited for before anybody is told to send one. */
static void wait_for_the_end(const char *at, const char *path)
{
    flow_stage *signals = flow_merge(FLOW_STAGES(flow_signals(SIGINT),
                                                 flow_signals(SIGTERM)));
    flow_stage *stop = flow_from_deferred(flow_run(flow_take(signals, 1)));
    flow_value v;

    fprintf(stderr, "Serving at %s until Ctrl-C. In another terminal, try:\n"
            "    nc -N %s %s < %s\n", at, HERE, strchr(at, ':') + 1, path);
    if (flow_block(stop, &v))
        fprintf(stderr, "\nStopped.\n");
    complains_of(flow_failure(stop));
    flow_close(stop);
}

/* ---- The program -------------------------------------------------------- */
struct wishes { bool once; int port; char *path; };

static bool understands(int argc, char **argv, struct wishes *w)
{
    static char gpl[] = "/usr/share/common-licenses/GPL-3";

    *w = (struct wishes){ false, -1, gpl };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--once") == 0) {
            w->once = true;
        } else if (strcmp(argv[i], "--port") == 0 && i + 1 < argc) {
            char *end;
            long n = strtol(argv[++i], &end, 10);

            w->port = *end == '\0' && n >= 0 && n < 65536 ? (int)n : -2;
        } else if (argv[i][0] != '-' && i + 1 == argc) {
            w->path = argv[i];
        } else {
            w->port = -2;
        }
    }
    if (w->port == -1)
        w->port = w->once ? 0 : PORT;       /* once: nobody else need find it */
    return w->port >= 0;
}

/* Each client takes a descriptor, and mostly one may have more of them. */
static void allow_many_clients(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return;
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

int main(int argc, char **argv)
{
    struct wishes w;
    char at[32];
    flow_deferred *service;
    bool good;

    if (!understands(argc, argv, &w)) {
        fprintf(stderr, "words [--once] [--port N] [FILE]\n"
                "serves at %s:%d, or at port N; 0: one that is free\n", HERE,
                PORT);
        return 2;
    }
    allow_many_clients();
    flow_host_use(flow_uv_host());
    snprintf(at, sizeof at, HERE ":%d", w.port);
    service = flow_serve(at, frequent_words, NULL, NULL);
    good = !complains_of(flow_outcome(service));
    if (!good)
        fprintf(stderr, "words: choose another port: --port N\n");
    good = good && ask(flow_served_at(service), w.path);
    if (good && !w.once)
        wait_for_the_end(flow_served_at(service), w.path);
    flow_release(service);
    flow_uv_close();
    return good ? 0 : 1;
}
