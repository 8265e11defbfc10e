/* SPDX-License-Identifier: MIT */
/* A chat in the browser: everyone hears everyone.
 *
 *     web_chat :8081          serves http://localhost:8081/
 *
 * A member is a page, and what it gets is one flow of two sources: what its
 * browser says, and a channel of what others say. A channel has a bound: who
 * does not read for so long is told that, and leaves. Without an argument three
 * clients talk, led by one generator, each step of which waits for what it must
 * hear, so that the same is printed each time. */
#include <flow/reactor.h>
#include <flow/websocket.h>

#include <stdio.h>

enum { WAITING = 64 };              /* messages for one member              */

struct member {
    struct member *next;
    flow_chan *mail;                /* tuples of one message                */
    const char *name;
};
static struct member *members;

/* ---- The server --------------------------------------------------------- */
/* To all; takes the message. */
static void tell(flow_value message)
{
    for (const struct member *m = members; m != NULL; m = m->next) {
        flow_value copy = flow_share(message);

        if (!flow_offer(m->mail, flow_tuple(&copy, 1)))
            flow_finish(m->mail, flow_error(FLOW_EWEBSOCKET, 1008,
                                            "you do not read"));
    }
    flow_drop(message);
}

static void join(struct member *m)
{
    m->next = members;
    members = m;
    tell(flow_textf("* %s is here", m->name));
}

static void leave(struct member *m)
{
    struct member **place = &members;

    while (*place != m)
        place = &(*place)->next;
    *place = m->next;
    tell(flow_textf("* %s has left", m->name));
}

/* The messages, and NONE when the browser has gone; and tuples of mail. */
static flow_stage *events_of(flow_stage *messages, flow_stage *mail)
{
    messages = flow_concat(FLOW_STAGES(messages, flow_once(flow_none())));
    return flow_merge(FLOW_STAGES(messages, mail));
}

static void converse(flow_gen *self, flow_stage *events, struct member *me)
{
    bool there = true;

    join(me);
    for (flow_value v; there && flow_next(self, events, &v); flow_drop(v))
        if (v.kind == FLOW_TUPLE)
            flow_yield(self, flow_share(flow_items(&v, NULL)[0]));
        else if (v.kind == FLOW_NONE)
            there = false;
        else
            tell(flow_textf("%s: %.*s", me->name, (int)v.size,
                            flow_chars(&v, NULL)));
    leave(me);
}

/* Who cannot be welcomed, since no WebSocket was asked for, does not join. */
static void chat(flow_gen *self, flow_request *r, void *arg)
{
    struct member me = { .name = flow_request_argument(r, "name") };
    flow_stage *messages = flow_answer_websocket(r, NULL);
    flow_stage *events = events_of(messages, flow_callback(WAITING, &me.mail));

    (void)arg;
    if (me.name == NULL)
        flow_fail(self, FLOW_EWEBSOCKET, 1008, "who are you?");
    else if (flow_yield(self, flow_textf("* Welcome, %s!", me.name)))
        converse(self, events, &me);
    flow_close(events);
    flow_chan_release(me.mail);
}

static void browser(flow_gen *self, flow_request *r, void *arg)
{
    (void)r;
    (void)arg;
    flow_yield(self,
        "<!DOCTYPE html><title>Chat</title>\n"
        "<form><input autofocus> <button>Say</button></form><ul></ul>\n"
        "<script>\n"
        "const name = encodeURIComponent(prompt('Who are you?') || 'Nobody');\n"
        "const at = new URL('/chat?name=' + name, location);\n"
        "const chat = new WebSocket(at.href.replace('http', 'ws'));\n"
        "const form = document.querySelector('form');\n"
        "const said = document.querySelector('input');\n"
        "function show(text) {\n"
        "    const line = document.createElement('li');\n"
        "    line.textContent = text;\n"
        "    document.querySelector('ul').prepend(line);\n"
        "}\n"
        "chat.onmessage = (m) => show(m.data);\n"
        "chat.onclose = (c) => show('* The end. ' + c.reason);\n"
        "form.onsubmit = () => {\n"
        "    chat.send(said.value);\n"
        "    said.value = '';\n"
        "    return false;\n"
        "};\n"
        "</script>\n");
}

/* ---- The clients -------------------------------------------------------- */
struct client { const char *name; flow_chan *says; flow_stage *hears; };

static flow_stage *dial(flow_stage *sent, void *service)
{
    return flow_connect(flow_served_at(service), sent, NULL);
}

/* Waits for the next message that one of them gets, and prints it. */
static bool hears(flow_gen *self, struct client *c)
{
    flow_value v;

    if (!flow_next(self, c->hears, &v))
        return false;
    printf("%-6s| ", c->name);
    flow_print(stdout, v);
    return true;
}

/* What it says it hears as well: a client sends while it waits for an answer. */
static void says(flow_gen *self, struct client *c, const char *text)
{
    flow_send(self, c->says, flow_of(text));
    hears(self, c);
}

static struct client comes(flow_gen *self, void *service, const char *name)
{
    struct client c = { .name = name };
    char url[64];

    snprintf(url, sizeof url, "ws://localhost/chat?name=%s", name);
    c.hears = flow_websocket(url, flow_callback(4, &c.says), NULL, dial,
                             service);
    hears(self, &c);
    hears(self, &c);
    return c;
}

static void goes(flow_gen *self, struct client *c)
{
    flow_chan_release(c->says);
    while (hears(self, c))
        ;
    printf("%-6s> goes\n", c->name);
    flow_close(c->hears);
}

static void talk(flow_gen *self, flow_stage *source, void *service)
{
    struct client ann = comes(self, service, "Ann"), bob, cyd;

    (void)source;
    bob = comes(self, service, "Bob");
    hears(self, &ann);
    cyd = comes(self, service, "Cyd");
    hears(self, &ann);
    hears(self, &bob);
    says(self, &ann, "Who knows a good book?");
    hears(self, &bob);
    hears(self, &cyd);
    says(self, &cyd, "This one.");
    hears(self, &ann);
    hears(self, &bob);
    goes(self, &cyd);
    hears(self, &ann);
    hears(self, &bob);
    says(self, &bob, "Which one?");
    hears(self, &ann);
    goes(self, &bob);
    hears(self, &ann);
    goes(self, &ann);
}

int main(int argc, char **argv)
{
    flow_site *site = flow_site_new(NULL);
    flow_deferred *service;

    flow_host_use(flow_uv_host());
    flow_site_add(site, "/", browser, NULL);
    flow_site_add(site, "/chat", chat, NULL);
    service = flow_serve(argc > 1 ? argv[1] : "localhost:0", flow_http, site,
                         NULL);
    if (argc > 1) {
        flow_loop();
    } else {
        flow_value failed = flow_block_all(flow_generate(talk, NULL, service));

        if (flow_is_failure(failed))
            flow_print_trace(stderr, &failed);
        flow_drop(failed);
    }
    flow_release(service);
    flow_site_release(site);
    flow_uv_close();
    return 0;
}
