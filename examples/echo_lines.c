/* SPDX-License-Identifier: MIT */
/* An echo line by line: the network cuts where it likes, flow_line_break mends.
 *
 * The client sends three lines in odd pieces, some through the middle of a
 * delimiter, each piece after a pause; the server gives each line a number and
 * sends it back when it is whole. A fourth line is longer than is allowed: the
 * server says so, and ends. */
#include <flow/net.h>
#include <flow/reactor.h>

/* Numbers its lines. What was wrong with them is told to the client. */
static void number(flow_gen *self, flow_stage *lines, void *arg)
{
    flow_value line, error;
    int n = 0;

    (void)arg;
    while (flow_next(self, lines, &line)) {
        size_t size;
        const char *s = flow_chars(&line, &size);

        flow_yield(self, flow_textf("%d: %.*s\r\n", ++n, (int)size, s));
        flow_drop(line);
    }
    if (flow_catch(self, FLOW_ELIMIT, &error)) {
        flow_yield(self, "too long, goodbye\r\n");
        flow_drop(error);
    }
}

static flow_stage *numbered(flow_stage *received, void *arg)
{
    flow_line_options o = { .delimiter = "\r\n", .longest = 32 };

    return flow_generate(number, flow_line_break(received, &o), arg);
}

static void send_in_pieces(flow_gen *self, flow_stage *source, void *arg)
{
    static const char *const pieces[] = {
        "one", " line\r", "\nand ano", "ther\r\n", "\r", "\n",
        "this one is far too long for ", "those who read no more than ",
        "thirty-two bytes"
    };

    (void)source;
    (void)arg;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces
                       && flow_yield(self, flow_literal(pieces[i]))
                       && flow_cooperate(self, 0.01); i++)
        ;
}

int main(void)
{
    flow_deferred *service;
    flow_stage *answers;

    flow_host_use(flow_uv_host());
    service = flow_serve("localhost:0", numbered, NULL, NULL);
    answers = flow_connect(flow_served_at(service),
                           flow_generate(send_in_pieces, NULL, NULL), NULL);
    answers = flow_line_break(answers, NULL);
    for (flow_value v; flow_block(answers, &v);)
        flow_print(stdout, v);
    if (flow_failure(answers) != NULL)
        flow_print_trace(stderr, flow_failure(answers));
    flow_close(answers);
    flow_release(service);
    flow_uv_close();
    return 0;
}
