/* SPDX-License-Identifier: MIT */
/* grep: which lines of which files of a directory hold a word.
 *
 *     grep [WORD DIRECTORY]
 *
 *     directory < paths < search < whoever asks
 *
 * Files are read while somebody asks for lines of them, one block at a time,
 * and the loop never waits for a disk. Without arguments it searches three
 * poems, which it writes before. */
#include <flow/file.h>
#include <flow/process.h>
#include <flow/reactor.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool holds(const flow_value *line, const char *word)
{
    size_t n;
    const char *chars = flow_chars(line, &n);

    return memmem(chars, n, word, strlen(word)) != NULL;
}

static flow_value found(const flow_value *path, int number,
                        const flow_value *line)
{
    size_t n, len;
    const char *name = flow_chars(path, &n), *text = flow_chars(line, &len);

    return flow_textf("%.*s:%d: %.*s", (int)n, name, number, (int)len, text);
}

/* When a file cannot be read, its failure ends this loop and passes on. */
static void search_file(flow_gen *self, flow_value path, const char *word)
{
    flow_stage *lines = flow_lines(flow_read_file(flow_share(path)));
    flow_value line;

    for (int n = 1; flow_next(self, lines, &line); n++) {
        if (holds(&line, word))
            flow_yield(self, found(&path, n, &line));
        flow_drop(line);
    }
    flow_close(lines);
}

static void search(flow_gen *self, flow_stage *paths, void *word)
{
    flow_value path;

    while (flow_next(self, paths, &path)) {
        search_file(self, path, word);
        flow_drop(path);
    }
}

/* Directories end with a slash. */
static bool is_file(const flow_value *path, void *arg)
{
    size_t n;
    const char *chars = flow_chars(path, &n);

    (void)arg;
    return chars[n - 1] != '/';
}

static bool print_all(flow_stage *s)
{
    const flow_value *failure;

    for (flow_value v; flow_block(s, &v);)
        flow_print(stdout, v);
    failure = flow_failure(s);
    if (failure != NULL)
        fprintf(stderr, "grep: %s\n", flow_message(failure));
    flow_close(s);
    return failure == NULL;
}

static flow_stage *grep(char *word, const char *directory)
{
    flow_stage *paths = flow_filter(flow_list_directory(directory), is_file,
                                    NULL);

    return flow_generate(search, paths, word);
}

/* ---- The poems ---------------------------------------------------------- */
static const struct { const char *name, *text; } poems[] = {
    { "rain", "The rain it raineth every day\nupon the just\n" },
    { "wind", "Who has seen the wind?\nNeither you nor I\n" },
    { "day", "When that I was\nand a little tiny boy\nall day long\n" },
};
enum { POEMS = sizeof poems / sizeof *poems };

/* All are written at once. */
static bool write_poems(void)
{
    flow_stage *written[POEMS];

    flow_value sizes;
    bool good;

    for (int i = 0; i < POEMS; i++)
        written[i] = flow_write_file(poems[i].name,
                                     flow_once(flow_of(poems[i].text)));
    sizes = flow_block_all(flow_merge(written, POEMS));
    good = !flow_is_failure(sizes);
    flow_drop(sizes);
    return good;
}

/* A directory has no order; sort(1) makes one. */
static flow_stage *sorted(flow_stage *lines)
{
    return flow_lines(flow_command(FLOW_ARGV("sort"),
                                   flow_add_delimiter(lines, "\n"), NULL));
}

static bool grep_poems(void)
{
    char folder[] = "poems.XXXXXX", word[] = "day";
    bool good = mkdtemp(folder) != NULL && chdir(folder) == 0 && write_poems()
        && print_all(sorted(grep(word, ".")));

    for (int i = 0; i < POEMS; i++)
        unlink(poems[i].name);
    return chdir("..") == 0 && rmdir(folder) == 0 && good;
}

int main(int argc, char **argv)
{
    bool good;

    flow_host_use(flow_uv_host());
    good = argc == 3 ? print_all(grep(argv[1], argv[2])) : grep_poems();
    flow_uv_close();
    return good ? 0 : 1;
}
