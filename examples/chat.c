/* SPDX-License-Identifier: MIT */
/* A chat server, and three who talk there.
 *
 * What a member gets is one flow of two sources: its own lines, and a channel of
 * what others say; merged, they are told apart by their kind. A channel has a
 * bound: a member that does not read its messages misses some, and nobody waits
 * for it. The clients are led by one generator, each step of which waits for
 * what it must hear, so that the same is printed each time. */
#include <flow/net.h>
#include <flow/reactor.h>

#include <stdlib.h>
#include <string.h>

enum { WAITING = 64 };              /* messages for one member              */

struct member {
    struct member *next;
    flow_chan *mail;                /* tuples of one message                */
    char name[16];                  /* "": not yet said                     */
};
static struct member *members;

/* ---- The server --------------------------------------------------------- */
/* To all who have a name; takes the message. */
static void tell(flow_value message)
{
    for (const struct member *m = members; m != NULL; m = m->next)
        if (m->name[0] != '\0') {
            flow_value copy = flow_share(message);

            flow_offer(m->mail, flow_tuple(&copy, 1));
        }
    flow_drop(message);
}

static void leave(void *p)
{
    struct member *m = p, **place = &members;

    while (*place != m)
        place = &(*place)->next;
    *place = m->next;
    if (m->name[0] != '\0')
        tell(flow_textf("* %s has left", m->name));
    flow_chan_release(m->mail);
    free(m);
}

/* The first line is the name. */
static void hear(struct member *m, const flow_value *line)
{
    size_t n;
    const char *s = flow_chars(line, &n);

    if (m->name[0] != '\0') {
        tell(flow_textf("%s: %.*s", m->name, (int)n, s));
    } else {
        snprintf(m->name, sizeof m->name, "%.*s", (int)n, s);
        tell(flow_textf("* %s is here", m->name));
    }
}

/* Its source gives lines of text, tuples of mail, and NONE when the peer has
 * gone, however it went. */
static void chat(flow_gen *self, flow_stage *events, void *arg)
{
    struct member *m = arg;
    bool there = flow_cleanup(self, leave, m);
    flow_value v;

    while (there && flow_next(self, events, &v)) {
        if (v.kind == FLOW_TUPLE)
            flow_yield(self, flow_share(flow_items(&v, NULL)[0]));
        else if (v.kind == FLOW_NONE)
            there = false;
        else
            hear(m, &v);
        flow_drop(v);
    }
}

static flow_stage *chatting(flow_stage *received, void *arg)
{
    struct member *m = calloc(1, sizeof *m);
    flow_stage *lines = flow_lines(received), *mail, *s;

    (void)arg;
    if (m == NULL) {
        flow_close(lines);
        return flow_failed(flow_error(FLOW_ENOMEM, 0, "no memory to chat"));
    }
    mail = flow_callback(WAITING, &m->mail);
    m->next = members;
    members = m;
    lines = flow_concat(FLOW_STAGES(lines, flow_once(flow_none())));
    s = flow_generate(chat, flow_merge(FLOW_STAGES(lines, mail)), m);
    return flow_add_delimiter(s, "\n");
}

/* ---- The clients -------------------------------------------------------- */
struct client { const char *name; flow_chan *says; flow_stage *hears; };

/* Waits for the next line that one of them gets, and prints it. */
static void hears(flow_gen *self, struct client *c)
{
    flow_value v;

    if (!flow_next(self, c->hears, &v))
        return;
    printf("%-6s| ", c->name);
    flow_print(stdout, v);
}

/* What it says it hears as well: a client sends while it waits for an answer. */
static void says(flow_gen *self, struct client *c, const char *text)
{
    flow_send(self, c->says, flow_textf("%s\n", text));
    hears(self, c);
}

static struct client join(flow_gen *self, const char *at, const char *name)
{
    struct client c = { .name = name };

    c.hears = flow_lines(flow_connect(at, flow_callback(4, &c.says), NULL));
    says(self, &c, name);
    return c;
}

static void goes(struct client *c)
{
    flow_chan_release(c->says);
    flow_close(c->hears);
}

static void talk(flow_gen *self, flow_stage *source, void *service)
{
    const char *at = flow_served_at(service);
    struct client ann = join(self, at, "Ann"), bob, cyd;

    (void)source;
    bob = join(self, at, "Bob");
    hears(self, &ann);
    cyd = join(self, at, "Cyd");
    hears(self, &ann);
    hears(self, &bob);
    says(self, &ann, "Who knows a good book?");
    hears(self, &bob);
    hears(self, &cyd);
    says(self, &cyd, "This one.");
    hears(self, &ann);
    hears(self, &bob);
    goes(&cyd);
    hears(self, &ann);
    hears(self, &bob);
    says(self, &bob, "Which one?");
    hears(self, &ann);
    goes(&bob);
    hears(self, &ann);
    goes(&ann);
}

int main(void)
{
    flow_deferred *service;
    flow_value failed;

    flow_host_use(flow_uv_host());
    service = flow_serve("localhost:0", chatting, NULL, NULL);
    failed = flow_block_all(flow_generate(talk, NULL, service));
    if (flow_is_failure(failed))
        flow_print_trace(stderr, &failed);
    flow_drop(failed);
    flow_release(service);
    flow_uv_close();
    return 0;
}
