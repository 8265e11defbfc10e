/* SPDX-License-Identifier: MIT */
/* Addresses and ports of the internet, and sockets for them. */
#ifndef FLOW_NET_ADDRESS_H
#define FLOW_NET_ADDRESS_H

#include <flow/flow.h>

#include <netinet/in.h>

struct flow__address {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } to;
    socklen_t size;
};

/* "[::1]:80" and its end. */
enum { FLOW__ADDRESS_TEXT = INET6_ADDRSTRLEN + sizeof "[]:65535" };

/* Reads "127.0.0.1" or "::1". NONE, or the error. */
flow_value flow__address_read(const char *text, int port,
                              struct flow__address *out);
void flow__address_write(const struct flow__address *a, char *text);
int flow__address_port(const struct flow__address *a);

/* A stream socket for it that does not block, or -1 with errno. */
int flow__address_socket(const struct flow__address *a);

#endif
