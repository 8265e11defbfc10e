/* SPDX-License-Identifier: MIT */
/* The same on epoll alone: the least that it can cost. */
#include <stdbool.h>

#include "../server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024 };

/* What could not be sent at once. */
struct conn { int fd; char *rest; size_t from, to; };

static int poller;
static char buffer[SERVER_BUFFER];

static void look_for(struct conn *c, int how, unsigned events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    epoll_ctl(poller, how, c->fd, &e);
}

static void end(struct conn *c)
{
    close(c->fd);
    free(c->rest);
    free(c);
}

static void keep_rest(struct conn *c, const char *from, size_t n)
{
    c->rest = malloc(n);
    server_check(c->rest != NULL, "no memory");
    memcpy(c->rest, from, n);
    c->from = 0;
    c->to = n;
    look_for(c, EPOLL_CTL_MOD, EPOLLOUT);
}

static void send_rest(struct conn *c)
{
    ssize_t n = send(c->fd, c->rest + c->from, c->to - c->from, MSG_NOSIGNAL);

    if (n > 0)
        c->from += (size_t)n;
    if (c->from < c->to)
        return;
    free(c->rest);
    c->rest = NULL;
    look_for(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void receive(struct conn *c)
{
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0), sent;

    if (n <= 0) {
        end(c);
        return;
    }
    sent = send(c->fd, buffer, (size_t)n, MSG_NOSIGNAL);
    if (sent < 0)
        sent = 0;
    if (sent < n)
        keep_rest(c, buffer + sent, (size_t)(n - sent));
}

static void take(int listening)
{
    int fd, on = 1;

    while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);

        server_check(c != NULL, "no memory");
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        look_for(c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

int main(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t size = sizeof at;
    struct conn listening = { .fd = socket(AF_INET,
                                           SOCK_STREAM | SOCK_NONBLOCK, 0) };

    server_begin();
    poller = epoll_create1(0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server_check(bind(listening.fd, (struct sockaddr *)&at, sizeof at) == 0
                 && listen(listening.fd, SERVER_WAITING) == 0,
                 "it cannot listen");
    getsockname(listening.fd, (struct sockaddr *)&at, &size);
    look_for(&listening, EPOLL_CTL_ADD, EPOLLIN);
    server_serves_at(ntohs(at.sin_port));
    for (;;) {
        struct epoll_event e[EVENTS];
        int n = epoll_wait(poller, e, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            struct conn *c = e[i].data.ptr;

            if (c == &listening)
                take(c->fd);
            else if (c->rest != NULL)
                send_rest(c);
            else
                receive(c);
        }
    }
}
