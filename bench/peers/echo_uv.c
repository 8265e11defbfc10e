/* SPDX-License-Identifier: MIT */
/* The same in libuv alone, without what costs time: one buffer for all, writes
 * that are tried at once, and queued with a copy only when they do not fit. */
#include <stdbool.h>

#include "../server.h"
#include <string.h>
#include <uv.h>

static char buffer[SERVER_BUFFER];

struct rest { uv_write_t write; char chars[]; };

static void lend_buffer(uv_handle_t *h, size_t size, uv_buf_t *out)
{
    (void)h;
    (void)size;
    *out = uv_buf_init(buffer, sizeof buffer);
}

static void closed(uv_handle_t *h)
{
    free(h);
}

static void received(uv_stream_t *s, ssize_t n, const uv_buf_t *b);

static void written(uv_write_t *w, int status)
{
    if (status == 0)
        uv_read_start(w->handle, lend_buffer, received);
    free(w);
}

static void write_rest(uv_stream_t *s, const char *from, size_t n)
{
    struct rest *r = malloc(sizeof *r + n);
    uv_buf_t b;

    server_check(r != NULL, "no memory");
    memcpy(r->chars, from, n);
    b = uv_buf_init(r->chars, (unsigned)n);
    uv_read_stop(s);
    uv_write(&r->write, s, &b, 1, written);
}

static void received(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    uv_buf_t out = uv_buf_init(b->base, n > 0 ? (unsigned)n : 0);
    int sent;

    if (n == 0)
        return;
    if (n < 0) {
        uv_close((uv_handle_t *)s, closed);
        return;
    }
    sent = uv_try_write(s, &out, 1);
    if (sent < 0)
        sent = 0;
    if (sent < n)
        write_rest(s, b->base + sent, (size_t)(n - sent));
}

static void connected(uv_stream_t *server, int status)
{
    uv_tcp_t *c = malloc(sizeof *c);

    server_check(c != NULL && status == 0, "no connection");
    uv_tcp_init(server->loop, c);
    server_check(uv_accept(server, (uv_stream_t *)c) == 0, "none accepted");
    uv_tcp_nodelay(c, 1);
    uv_read_start((uv_stream_t *)c, lend_buffer, received);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in at;
    int size = sizeof at;
    uv_tcp_t server;

    server_begin();
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_init(loop, &server);
    uv_tcp_bind(&server, (struct sockaddr *)&at, 0);
    server_check(uv_listen((uv_stream_t *)&server, SERVER_WAITING, connected)
                 == 0, "it cannot listen");
    uv_tcp_getsockname(&server, (struct sockaddr *)&at, &size);
    server_serves_at(ntohs(at.sin_port));
    return uv_run(loop, UV_RUN_DEFAULT);
}
