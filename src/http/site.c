/* SPDX-License-Identifier: MIT */
/* See site.h. */
#include "site.h"

#include <string.h>

struct flow__node {
    const char *name;                       /* borrowed, up to a slash or 0 */
    size_t size;
    struct flow__page *exact, *below;
    struct flow__node *children, *next;
};

/* ---- Making -------------------------------------------------------------- */
static flow_site_options with_defaults(const flow_site_options *o)
{
    flow_site_options all = { 0 };

    if (o != NULL)
        all = *o;
    if (all.longest_target == 0)
        all.longest_target = 8000;
    if (all.longest_head == 0)
        all.longest_head = 16384;
    if (all.most_headers == 0)
        all.most_headers = 100;
    if (all.longest_body == 0)
        all.longest_body = 1048576;
    if (!(all.idle > 0))
        all.idle = 60;
    if (!(all.head > 0))
        all.head = 20;
    if (!(all.body > 0))
        all.body = 30;
    if (!(all.answer > 0))
        all.answer = 60;
    if (!(all.gone > 0))
        all.gone = 5;
    return all;
}

static struct flow__node *new_node(const char *name, size_t size)
{
    struct flow__node *n = flow_alloc(sizeof *n);

    if (n != NULL)
        *n = (struct flow__node){ .name = name, .size = size };
    return n;
}

flow_site *flow_site_new(const flow_site_options *o)
{
    flow_site *site = flow_alloc(sizeof *site);

    if (site == NULL)
        return NULL;
    *site = (flow_site){ .holders = 1, .o = with_defaults(o), .second = -1 };
    site->root = new_node("", 0);
    if (site->root != NULL)
        return site;
    flow_free(site, sizeof *site);
    return NULL;
}

static void free_pages(struct flow__page *p)
{
    while (p != NULL) {
        struct flow__page *next = p->next;

        flow_free(p, sizeof *p);
        p = next;
    }
}

/* As deep as the paths of the program. */
static void free_nodes(struct flow__node *n)
{
    while (n != NULL) {
        struct flow__node *next = n->next;

        free_nodes(n->children);
        free_pages(n->exact);
        free_pages(n->below);
        flow_free(n, sizeof *n);
        n = next;
    }
}

void flow_site_release(flow_site *site)
{
    if (site == NULL || --site->holders > 0)
        return;
    free_nodes(site->root);
    flow_free(site, sizeof *site);
}

/* ---- Connections --------------------------------------------------------- */
void flow__site_list(flow_site *site, struct flow__listed *c)
{
    c->next = site->first;
    if (c->next != NULL)
        c->next->prev = c;
    site->first = c;
}

void flow__site_unlist(flow_site *site, struct flow__listed *c)
{
    *(c->prev != NULL ? &c->prev->next : &site->first) = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
}

void flow_site_drain(flow_site *site)
{
    if (site == NULL)
        return;
    site->draining = true;
    for (struct flow__listed *c = site->first; c != NULL; c = c->next)
        flow_wake(c->waker);
}

/* ---- Finding ------------------------------------------------------------- */
static struct flow__node *child_of(const struct flow__node *n, const char *name,
                                   size_t size)
{
    struct flow__node *c = n->children;

    while (c != NULL && (c->size != size || memcmp(c->name, name, size) != 0))
        c = c->next;
    return c;
}

struct flow__found flow__site_find(const flow_site *site, const char *path)
{
    const struct flow__node *n = site->root;
    struct flow__found found = { NULL, "" };

    while (*path == '/' && n != NULL) {
        size_t size = strcspn(++path, "/");

        if (n->below != NULL)
            found = (struct flow__found){ n->below, path };
        n = child_of(n, path, size);
        path += size;
    }
    if (n != NULL && n->exact != NULL)
        found = (struct flow__found){ n->exact, "" };
    return found;
}

static bool is_named(const struct flow__page *p, const char *method)
{
    return strlen(method) == p->method_size
        && memcmp(p->method, method, p->method_size) == 0;
}

const struct flow__page *flow__page_for(const struct flow__page *pages,
                                        const char *method)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    while (pages != NULL && !is_named(pages, method))
        pages = pages->next;
    return pages;
}

void flow__pages_allow(const struct flow__page *pages, char *to, size_t size)
{
    size_t n = 0;

    for (; pages != NULL; pages = pages->next)
        if (n < size)
            n += (size_t)snprintf(to + n, size - n, "%.*s, %s",
                                  (int)pages->method_size, pages->method,
                                  is_named(pages, "GET") ? "HEAD, " : "");
    if (n < size)
        snprintf(to + n, size - n, "OPTIONS");
}

/* ---- Adding -------------------------------------------------------------- */
/* NULL: there was no memory. */
static struct flow__node *child_made(struct flow__node *n, const char *name,
                                     size_t size)
{
    struct flow__node *c = child_of(n, name, size);

    if (c != NULL)
        return c;
    c = new_node(name, size);
    if (c == NULL)
        return NULL;
    c->next = n->children;
    n->children = c;
    return c;
}

/* Where the pages of a path are to hang. */
static struct flow__page **pages_of(struct flow__node *n, const char *path)
{
    while (n != NULL && *path == '/') {
        size_t size = strcspn(++path, "/");

        if (strcmp(path, "*") == 0)
            return &n->below;
        n = child_made(n, path, size);
        path += size;
    }
    return n != NULL ? &n->exact : NULL;
}

static bool hang(struct flow__page **pages, struct flow__page p)
{
    struct flow__page *copy;

    for (copy = *pages; copy != NULL; copy = copy->next)
        if (copy->method_size == p.method_size
            && memcmp(copy->method, p.method, p.method_size) == 0) {
            copy->make = p.make;
            copy->arg = p.arg;
            return true;
        }
    copy = flow_alloc(sizeof *copy);
    if (copy == NULL)
        return false;
    *copy = p;
    copy->next = *pages;
    *pages = copy;
    return true;
}

void flow_site_add(flow_site *site, const char *where, flow_page *page,
                   void *arg)
{
    struct flow__page p = { .make = page, .arg = arg, .method = "GET",
                            .method_size = 3 };
    struct flow__page **pages;

    if (site == NULL)
        return;
    if (*where != '/') {
        p.method = where;
        p.method_size = strcspn(where, " ");
        where += p.method_size;
        where += strspn(where, " ");
    }
    if (*where != '/') {
        flow_report("no page was added: '%s' is no path", where);
        return;
    }
    pages = pages_of(site->root, where);
    if (pages == NULL || !hang(pages, p))
        site->lacks = true;
}

/* ---- The time ------------------------------------------------------------ */
const char *flow__site_date(flow_site *site)
{
    time_t now = time(NULL);

    if (site->second != now) {
        flow__date_write(site->date, now);
        flow__date_write_for_log(site->log_date, now);
        site->second = now;
    }
    return site->date;
}

const char *flow__site_log_date(flow_site *site)
{
    flow__site_date(site);
    return site->log_date;
}
