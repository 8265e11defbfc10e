/* SPDX-License-Identifier: MIT */
/* See listen.h. */
#include "listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void link_ready(struct flow__link *link, unsigned events)
{
    struct flow__listener *l = link->owner;

    (void)events;
    if (l->call != NULL)
        l->call(l);
}

static void link_closed(struct flow__link *link)
{
    flow__link_free(link, sizeof(struct flow__listener));
}

/* NULL: *why. *a gets the port, if it was 0. */
static struct flow__listener *listen_at(const struct flow__network *network,
                                        struct flow__address *a,
                                        flow_value *why)
{
    struct flow__link *link;
    struct flow__listener *l = flow__link_new(network, sizeof *l, &link);
    char address[FLOW__ADDRESS_TEXT];
    int wrong = -ENOMEM;

    if (l != NULL) {
        l->link = link;
        link->ready = link_ready;
        link->closed = link_closed;
        wrong = network->listen(link, a);
    }
    flow__address_write(a, address);
    if (wrong == 0) {
        memcpy(l->address, address, sizeof address);
        return l;
    }
    if (l != NULL)
        flow__link_free(link, sizeof *l);
    *why = flow_system_error(-wrong, "cannot listen at %s", address);
    return NULL;
}

/* ---- All addresses ------------------------------------------------------ */
/* A machine may have but one version of the internet. */
static struct flow__listener *listen_at_any(const struct flow__network *network,
                                            int port, flow_value *why)
{
    struct flow__address a;
    struct flow__listener *l;

    flow__address_any(&a, 6, port);
    l = listen_at(network, &a, why);
    if (l == NULL && flow_code(why) == EAFNOSUPPORT) {
        flow_drop(*why);
        flow__address_any(&a, 4, port);
        l = listen_at(network, &a, why);
    }
    if (l != NULL)
        snprintf(l->address, sizeof l->address, ":%d", flow__address_port(&a));
    return l;
}

static bool is_missing(const flow_value *why)
{
    return flow_code(why) == EAFNOSUPPORT || flow_code(why) == EADDRNOTAVAIL;
}

/* Addresses that this machine has not are left out, unless it has none. */
static struct flow__listener *listen_at_all(const struct flow__network *network,
                                            struct flow__lookup *q, int port,
                                            flow_value *why)
{
    struct flow__listener *first = NULL, *l;

    *why = flow_none();
    for (size_t i = 0; i < q->n; i++) {
        flow_drop(*why);
        flow__address_set_port(&q->found[i], port);
        l = listen_at(network, &q->found[i], why);
        if (l != NULL) {
            *why = flow_none();
            port = flow__address_port(&q->found[i]);
            l->next = first;
            first = l;
        } else if (!is_missing(why)) {
            flow__listeners_close(first);
            return NULL;
        }
    }
    if (first != NULL)
        flow_drop(*why);
    return first;
}

static struct flow__listener *listen_by_name(const struct flow__network *network,
                                             const struct flow__endpoint *at,
                                             flow_value *why)
{
    struct flow__lookup q;

    network->find(at->name, &q);
    if (q.wrong == NULL)
        return listen_at_all(network, &q, at->port, why);
    *why = flow_error(FLOW_ESYSTEM, EADDRNOTAVAIL, "cannot listen at %s:%d: %s",
                      at->name, at->port, q.wrong);
    return NULL;
}

struct flow__listener *flow__listen(const char *at, flow_value *why)
{
    const struct flow__network *network = NULL;
    struct flow__endpoint e;

    *why = flow__endpoint_read(at, &e);
    if (!flow_is_failure(*why))
        network = flow__network_here(why);
    if (network == NULL)
        return NULL;
    if (e.name[0] != '\0')
        return listen_by_name(network, &e, why);
    if (e.address.size == 0)
        return listen_at_any(network, e.port, why);
    return listen_at(network, &e.address, why);
}

/* ---- Lists of them ------------------------------------------------------ */
void flow__listeners_watch(struct flow__listener *first, bool on)
{
    for (; first != NULL; first = first->next)
        first->link->network->watch(first->link, on ? FLOW__READABLE : 0);
}

void flow__listeners_close(struct flow__listener *first)
{
    while (first != NULL) {
        struct flow__listener *next = first->next;

        first->link->network->close(first->link, false);
        first = next;
    }
}
