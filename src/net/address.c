/* SPDX-License-Identifier: MIT */
/* See address.h. */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

flow_value flow__address_read(const char *text, int port,
                              struct flow__address *out)
{
    memset(out, 0, sizeof *out);
    if (port < 0 || port > 65535)
        return flow_error(FLOW_EINVAL, 0, "%d is not a port", port);
    if (inet_pton(AF_INET, text, &out->to.four.sin_addr) == 1) {
        out->to.four.sin_family = AF_INET;
        out->to.four.sin_port = htons((uint16_t)port);
        out->size = sizeof out->to.four;
    } else if (inet_pton(AF_INET6, text, &out->to.six.sin6_addr) == 1) {
        out->to.six.sin6_family = AF_INET6;
        out->to.six.sin6_port = htons((uint16_t)port);
        out->size = sizeof out->to.six;
    } else {
        return flow_error(FLOW_EINVAL, 0, "'%s' is not an address such as "
                          "127.0.0.1 or ::1", text);
    }
    return flow_none();
}

int flow__address_port(const struct flow__address *a)
{
    return ntohs(a->to.any.sa_family == AF_INET ? a->to.four.sin_port
                                                : a->to.six.sin6_port);
}

void flow__address_write(const struct flow__address *a, char *text)
{
    bool six = a->to.any.sa_family == AF_INET6;
    const void *number = six ? (const void *)&a->to.six.sin6_addr
                             : (const void *)&a->to.four.sin_addr;
    char host[INET6_ADDRSTRLEN] = "?";

    inet_ntop(a->to.any.sa_family, number, host, sizeof host);
    snprintf(text, FLOW__ADDRESS_TEXT, six ? "[%s]:%d" : "%s:%d", host,
             flow__address_port(a));
}

int flow__address_socket(const struct flow__address *a)
{
    return socket(a->to.any.sa_family,
                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
