/* SPDX-License-Identifier: MIT */
/* A program with a loop of its own, here one of poll(), that runs flows in it:
 * so one does with the loop of a toolkit as well.
 *
 * The loop watches a pipe, which is the program's business, and beside it the
 * one descriptor behind which all that flows wait for is found. */
#include <flow/reactor.h>

#include <poll.h>
#include <unistd.h>

static void count_down(flow_gen *self, flow_stage *source, void *arg)
{
    int pipe_end = *(int *)arg;

    (void)source;
    for (int n = 3; n > 0 && flow_cooperate(self, 0.01); n--) {
        printf("flow: %d\n", n);
        if (n == 2 && write(pipe_end, "hello", 5) != 5)
            flow_fail(self, FLOW_ESYSTEM, 0, "nobody reads the pipe");
        flow_yield(self, n);
    }
}

/* What poll() waits at most, in milliseconds; -1: for ever. */
static int patience(void)
{
    double seconds = flow_uv_timeout();

    return seconds < 0 ? -1 : (int)(seconds * 1000);
}

static void read_pipe(int fd)
{
    char heard[16];
    ssize_t n = read(fd, heard, sizeof heard);

    if (n > 0)
        printf("pipe: %.*s\n", (int)n, heard);
}

int main(void)
{
    int ends[2];
    flow_host *host = flow_uv_host();
    flow_deferred *done;

    if (pipe(ends) != 0 || host == NULL)
        return 1;
    flow_host_use(host);
    done = flow_run(flow_generate(count_down, NULL, &ends[1]));
    while (host->turn(host, false)) {
        struct pollfd watched[] = {
            { .fd = ends[0], .events = POLLIN },
            { .fd = flow_uv_descriptor(), .events = POLLIN }
        };

        if (poll(watched, 2, patience()) > 0 && watched[0].revents != 0)
            read_pipe(ends[0]);
    }
    printf("done: %s\n", flow_fired(done) ? "yes" : "no");
    flow_release(done);
    flow_uv_close();
    close(ends[0]);
    close(ends[1]);
    return 0;
}
