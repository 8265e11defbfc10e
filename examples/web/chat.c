/* SPDX-License-Identifier: MIT */
/* A chat, by WebSocket: everyone hears everyone. What a browser says first is
 * its name.
 *
 *     /chat
 *
 * A member waits for two things, what its browser says and what others say,
 * and does what comes first. Who does not read what is said has to leave. */
#include "web.h"

#include <flow/websocket.h>

enum {
    WAITING = 64,                   /* messages for one member              */
    NAME = 40,                      /* bytes of a name                      */
    MESSAGE = 1000                  /* and of a message                     */
};

struct member { flow_value name; flow_chan *mail; struct member *next; };
static struct member *members;

/* ---- Everyone ------------------------------------------------------------ */
/* Joins the name and what is said; takes the latter. */
static void tell_all(const struct member *of, const char *between,
                     flow_value said)
{
    flow_value text = flow_textf("%.*s%s%.*s", (int)of->name.size,
                                 flow_chars(&of->name, NULL), between,
                                 (int)said.size, flow_chars(&said, NULL));

    for (struct member *m = members; m != NULL; m = m->next)
        if (!flow_offer(m->mail, flow_share(text)))
            flow_finish(m->mail, flow_error(FLOW_EWEBSOCKET, 1008,
                                            "you do not read"));
    flow_drop(text);
    flow_drop(said);
}

static void join(struct member *m)
{
    m->next = members;
    members = m;
    tell_all(m, " ", flow_of("has come"));
}

static void leave(const struct member *m)
{
    struct member **at = &members;

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    tell_all(m, " ", flow_of("has left"));
}

/* ---- One of them --------------------------------------------------------- */
static bool is_text(flow_gen *self, const flow_value *v)
{
    if (v->kind == FLOW_BYTES)
        flow_fail(self, FLOW_EWEBSOCKET, 1003, "say it in text");
    return v->kind == FLOW_TEXT;
}

static void converse(flow_gen *self, flow_stage *messages,
                     const struct member *me)
{
    bool stays = true;
    flow_value v;

    while (stays)
        switch (flow_select(self, FLOW_CASES(
            flow_when_next(messages, &v),
            flow_when_receive(me->mail, &v)))) {
        case 0:
            stays = is_text(self, &v);
            if (stays)
                tell_all(me, ": ", v);
            else
                flow_drop(v);
            break;
        case 1:
            stays = flow_yield(self, v);
            break;
        default:
            stays = false;
        }
}

static bool is_named(flow_gen *self, flow_stage *messages, flow_value *name)
{
    if (!flow_next(self, messages, name) || !is_text(self, name))
        return false;
    if (name->size < 1 || name->size > NAME)
        flow_fail(self, FLOW_EWEBSOCKET, 1008,
                  "a name has from 1 to %d bytes", NAME);
    return name->size > 0 && name->size <= NAME;
}

void chat_page(flow_gen *self, flow_request *r, void *arg)
{
    struct member me = { .name = flow_none(), .mail = flow_chan_new(WAITING) };
    flow_stage *messages = flow_concat(FLOW_STAGES(
        flow_answer_websocket(r, &(flow_websocket_options){
            .longest = MESSAGE
        }),
        flow_once(flow_none())));       /* the browser has gone             */

    (void)arg;
    if (is_named(self, messages, &me.name)) {
        join(&me);
        converse(self, messages, &me);
        leave(&me);
    }
    flow_close(messages);
    flow_chan_release(me.mail);
    flow_drop(me.name);
}
