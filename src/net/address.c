/* SPDX-License-Identifier: MIT */
/* See address.h. */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* ---- Reading ------------------------------------------------------------ */
static flow_value is_none(const char *text)
{
    return flow_error(FLOW_EINVAL, 0, "'%s' is not where a peer can be, such "
                      "as 127.0.0.1:80, [::1]:80, example.org:80, :80, or "
                      "unix:/run/x.sock", text);
}

/* Of an abstract name the kernel has a 0 for the @, and takes no end. */
static flow_value read_path(const char *text, struct flow__address *out)
{
    const char *path = text + strlen("unix:");
    size_t n = strlen(path);

    if (n == 0 || strcmp(path, "@") == 0)
        return is_none(text);
    if (n >= FLOW__PATH)
        return flow_error(FLOW_EINVAL, 0, "'%s' has a path longer than the %d "
                          "characters a socket's may have", text,
                          FLOW__PATH - 1);
    out->to.path.sun_family = AF_UNIX;
    memcpy(out->to.path.sun_path, path, n);
    out->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (path[0] == '@')
        out->to.path.sun_path[0] = '\0';
    else
        out->size++;
    return flow_none();
}

/* -1: it is none. */
static int port_of(const char *digits)
{
    int port = 0;

    if (*digits == '\0')
        return -1;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return -1;
        port = 10 * port + (*digits - '0');
        if (port > 65535)
            return -1;
    }
    return port;
}

static bool read_four(const char *host, struct flow__address *out)
{
    if (inet_pton(AF_INET, host, &out->to.four.sin_addr) != 1)
        return false;
    out->to.four.sin_family = AF_INET;
    out->size = sizeof out->to.four;
    return true;
}

static bool read_six(const char *host, struct flow__address *out)
{
    if (inet_pton(AF_INET6, host, &out->to.six.sin6_addr) != 1)
        return false;
    out->to.six.sin6_family = AF_INET6;
    out->size = sizeof out->to.six;
    return true;
}

static bool may_be_name(const char *host)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

    return host[strspn(host, letters)] == '\0';
}

/* What stands before the port; it is of `n` characters. */
static bool read_host(const char *text, size_t n, struct flow__endpoint *out)
{
    char host[FLOW__NAME];

    if (n == 0)
        return true;
    if (n >= sizeof host)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        return read_six(host + 1, &out->address);
    }
    if (read_four(host, &out->address))
        return true;
    memcpy(out->name, host, n + 1);
    return may_be_name(host);
}

flow_value flow__endpoint_read(const char *text, struct flow__endpoint *out)
{
    const char *colon;

    memset(out, 0, sizeof *out);
    if (strncmp(text, "unix:", strlen("unix:")) == 0)
        return read_path(text, &out->address);
    colon = strrchr(text, ':');
    if (colon == NULL || !read_host(text, (size_t)(colon - text), out))
        return is_none(text);
    out->port = port_of(colon + 1);
    if (out->port < 0)
        return flow_error(FLOW_EINVAL, 0, "'%s' ends in no port, which is a "
                          "number up to 65535", text);
    flow__address_set_port(&out->address, out->port);
    return flow_none();
}

/* ---- Ports, and all addresses ------------------------------------------- */
static in_port_t *port_in(struct flow__address *a)
{
    if (a->size > 0 && a->to.any.sa_family == AF_INET)
        return &a->to.four.sin_port;
    if (a->size > 0 && a->to.any.sa_family == AF_INET6)
        return &a->to.six.sin6_port;
    return NULL;
}

int flow__address_port(const struct flow__address *a)
{
    struct flow__address copy = *a;
    const in_port_t *port = port_in(&copy);

    return port != NULL ? ntohs(*port) : 0;
}

void flow__address_set_port(struct flow__address *a, int port)
{
    in_port_t *place = port_in(a);

    if (place != NULL)
        *place = htons((uint16_t)port);
}

void flow__address_any(struct flow__address *a, int version, int port)
{
    memset(a, 0, sizeof *a);
    if (version == 6) {
        a->to.six.sin6_family = AF_INET6;
        a->size = sizeof a->to.six;
    } else {
        a->to.four.sin_family = AF_INET;
        a->size = sizeof a->to.four;
    }
    flow__address_set_port(a, port);
}

/* ---- Writing ------------------------------------------------------------ */
static void write_path(const struct flow__address *a, char *text)
{
    size_t n = a->size - offsetof(struct sockaddr_un, sun_path);
    const char *path = a->to.path.sun_path;

    if (a->size <= offsetof(struct sockaddr_un, sun_path))
        snprintf(text, FLOW__ADDRESS_TEXT, "unix:");
    else if (path[0] != '\0')
        snprintf(text, FLOW__ADDRESS_TEXT, "unix:%.*s", (int)n, path);
    else
        snprintf(text, FLOW__ADDRESS_TEXT, "unix:@%.*s", (int)n - 1, path + 1);
}

void flow__address_write(const struct flow__address *a, char *text)
{
    const struct in6_addr *six = &a->to.six.sin6_addr;
    bool plain = a->to.any.sa_family == AF_INET;
    char host[INET6_ADDRSTRLEN] = "?";

    if (a->to.any.sa_family == AF_UNIX) {
        write_path(a, text);
        return;
    }
    if (plain) {
        inet_ntop(AF_INET, &a->to.four.sin_addr, host, sizeof host);
    } else if (IN6_IS_ADDR_V4MAPPED(six)) {
        plain = true;
        inet_ntop(AF_INET, &six->s6_addr[12], host, sizeof host);
    } else {
        inet_ntop(AF_INET6, six, host, sizeof host);
    }
    snprintf(text, FLOW__ADDRESS_TEXT, plain ? "%s:%d" : "[%s]:%d", host,
             flow__address_port(a));
}
