/* SPDX-License-Identifier: MIT */
/* Where peers are: addresses, and the text by which a program names them. */
#ifndef FLOW_NET_ADDRESS_H
#define FLOW_NET_ADDRESS_H

#include <flow/flow.h>

#include <netinet/in.h>
#include <sys/un.h>

struct flow__address {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
        struct sockaddr_un path;
    } to;
    socklen_t size;
};

enum {
    FLOW__PATH = sizeof ((struct sockaddr_un *)NULL)->sun_path,
    FLOW__ADDRESS_TEXT = sizeof "unix:" + FLOW__PATH,       /* or [::1]:80  */
    FLOW__NAME = 254                                        /* and its end  */
};

/* What "example.org:80" says, and the like. */
struct flow__endpoint {
    char name[FLOW__NAME];          /* to be looked up; "": there is none   */
    int port;
    struct flow__address address;   /* without a name; size 0: any of this
                                       machine's, as in ":80"               */
};

/* NONE, or the error. */
flow_value flow__endpoint_read(const char *text, struct flow__endpoint *out);

/* "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock", "unix:@x". An address of
 * version 4 in the clothes of version 6 is written plainly. */
void flow__address_write(const struct flow__address *a, char *text);

/* 0 where there are no ports. */
int flow__address_port(const struct flow__address *a);
void flow__address_set_port(struct flow__address *a, int port);

/* That of all addresses of this machine, of that version: 6 or 4. */
void flow__address_any(struct flow__address *a, int version, int port);

#endif
