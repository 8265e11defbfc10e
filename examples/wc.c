/* SPDX-License-Identifier: MIT */
/* wc: counts the lines, words and bytes of its standard input, which may be a
 * file, a pipe or a terminal, and writes them to its standard output. */
#include <flow/file.h>
#include <flow/reactor.h>

#include <unistd.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void count(flow_gen *self, flow_stage *pieces, void *arg)
{
    long lines = 0, words = 0, bytes = 0;
    bool inside = false;                    /* a word                       */
    flow_value piece;

    (void)arg;
    while (flow_next(self, pieces, &piece)) {
        size_t n;
        const char *s = flow_chars(&piece, &n);

        for (size_t i = 0; i < n; i++) {
            lines += s[i] == '\n';
            words += !is_blank(s[i]) && !inside;
            inside = !is_blank(s[i]);
        }
        bytes += (long)n;
        flow_drop(piece);
    }
    flow_yield(self, flow_textf("%ld %ld %ld\n", lines, words, bytes));
}

int main(void)
{
    flow_stage *counts, *written;
    flow_value size;
    bool good;

    flow_host_use(flow_uv_host());
    counts = flow_generate(count, flow_read_fd(STDIN_FILENO), NULL);
    written = flow_write_fd(STDOUT_FILENO, counts);
    good = flow_block(written, &size);
    if (!good)
        fprintf(stderr, "wc: %s\n", flow_message(flow_failure(written)));
    flow_close(written);
    flow_uv_close();
    return good ? 0 : 1;
}
