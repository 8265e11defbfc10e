/* SPDX-License-Identifier: MIT */
/* See parser.h. */
#include "parser.h"

#include <string.h>
#include <strings.h>

enum {
    HEAD_ROOM = 1024,           /* to begin with                            */
    LINE_MORE = 64,             /* of the request line besides its target   */
    COPIED = 4096,              /* a piece of a body up to that             */
    FRAMING = 1024              /* bytes around a chunk: its length, what
                                   extends it, and what trails the last     */
};

static enum flow__parsed is_bad(struct flow__parser *p, int status,
                                const char *why)
{
    p->status = status;
    p->why = why;
    return FLOW__BAD;
}

/* ---- What llhttp calls --------------------------------------------------- */
static uint32_t place_of(const struct flow__parser *p, const char *at)
{
    return (uint32_t)(at - p->head);
}

static int on_url(llhttp_t *l, const char *at, size_t n)
{
    struct flow__parser *p = l->data;

    p->target = place_of(p, at);
    p->target_size = (uint32_t)n;
    return 0;
}

static int on_field(llhttp_t *l, const char *at, size_t n)
{
    struct flow__parser *p = l->data;

    if (p->in_body)
        return 0;                           /* what trails is of no use     */
    if (p->n == p->places) {
        is_bad(p, 431, "too many headers");
        return HPE_USER;
    }
    p->fields[p->n++] = (struct flow__field){
        .name = place_of(p, at), .name_size = (uint32_t)n,
        .value = place_of(p, at) + (uint32_t)n
    };
    return 0;
}

/* Of an empty one llhttp tells a place that may be in the next line: its value
 * is where its name ends. */
static int on_value(llhttp_t *l, const char *at, size_t n)
{
    struct flow__parser *p = l->data;

    if (p->in_body)
        return 0;
    while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
        n--;
    if (n == 0)
        return 0;
    p->fields[p->n - 1].value = place_of(p, at);
    p->fields[p->n - 1].value_size = (uint32_t)n;
    return 0;
}

/* We speak no other protocol, so what asks for one is as any other. */
static int on_headers_complete(llhttp_t *l)
{
    l->upgrade = 0;
    return 0;
}

static int on_body(llhttp_t *l, const char *at, size_t n)
{
    struct flow__parser *p = l->data;

    if (n == 0)
        return 0;
    p->piece_at = at;
    p->piece_size = n;
    return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *l)
{
    ((struct flow__parser *)l->data)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url, .on_header_field = on_field, .on_header_value = on_value,
    .on_headers_complete = on_headers_complete, .on_body = on_body,
    .on_message_complete = on_message_complete
};

/* ---- Beginning and ending ------------------------------------------------ */
void flow__parser_begin(struct flow__parser *p, const flow_site_options *o)
{
    memset(p, 0, sizeof *p);
    p->limits = o;
    p->type = HTTP_REQUEST;
    p->input = p->next = p->piece = flow_none();
    flow__parser_again(p);
}

void flow__parser_begin_answer(struct flow__parser *p,
                               const flow_site_options *o)
{
    flow__parser_begin(p, o);
    p->type = HTTP_RESPONSE;
    flow__parser_again(p);
}

void flow__parser_again(struct flow__parser *p)
{
    flow_free(p->head, p->room);
    p->head = NULL;
    p->fields = NULL;
    p->room = p->size = p->line = p->lines = p->framing = 0;
    p->places = p->n = p->target = p->target_size = 0;
    p->first_line = true;
    p->skipped = p->in_body = p->complete = false;
    p->status = 0;
    p->last = 0;
    llhttp_init(&p->llhttp, p->type, &settings);
    p->llhttp.data = p;
}

static void drop_input(struct flow__parser *p)
{
    flow_drop(p->input);
    p->input = p->next;
    p->next = flow_none();
    p->at = 0;
}

void flow__parser_end(struct flow__parser *p)
{
    flow__parser_again(p);
    drop_input(p);
    drop_input(p);
}

void flow__parser_feed(struct flow__parser *p, flow_value v)
{
    if (p->input.kind == FLOW_NONE)
        p->input = v;
    else
        p->next = v;
}

bool flow__parser_take(struct flow__parser *p, flow_value *v)
{
    if (p->input.kind == FLOW_NONE)
        return false;
    *v = flow_slice(&p->input, p->at, SIZE_MAX);
    drop_input(p);
    return true;
}

bool flow__parser_is_full(const struct flow__parser *p)
{
    return p->next.kind != FLOW_NONE;
}

bool flow__parser_has_begun(const struct flow__parser *p)
{
    return p->size > 0;
}

/* ---- The head ------------------------------------------------------------ */
static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool has_room(struct flow__parser *p, size_t room)
{
    size_t more = p->room > 0 ? p->room : HEAD_ROOM;
    char *head;

    while (more < room)
        more *= 2;
    if (more == p->room)
        return true;
    head = flow_resize(p->head, p->room, more);
    if (head == NULL)
        return false;
    p->head = head;
    p->room = more;
    return true;
}

/* What comes before a line feed, and after a carriage return, is beyond doubt.
 */
static const char *is_doubtful(char c, char last)
{
    if ((c == '\n') != (last == '\r'))
        return "a line must end with CR LF, and these be nowhere else";
    return c == '\0' ? "a zero" : NULL;
}

/* One between two requests is none of them; who says nothing else would be
 * waited for, and read, for ever. */
static enum flow__parsed skip_empty_line(struct flow__parser *p)
{
    if (p->skipped)
        return is_bad(p, 400, "too many empty lines");
    p->skipped = true;
    p->size = 0;
    return FLOW__HUNGRY;
}

/* Adds a byte; HEAD: it was the last. */
static enum flow__parsed add_to_head(struct flow__parser *p, char c)
{
    const char *why = is_doubtful(c, p->last);
    bool empty_line = c == '\n' && p->line == 1;

    if (why == NULL && p->line == 0 && (c == ' ' || c == '\t' || c == ':'))
        why = "a line begins without a name";
    if (why != NULL)
        return is_bad(p, 400, why);
    if (p->first_line && p->line > p->limits->longest_target + LINE_MORE)
        return is_bad(p, 414, "the request line is too long");
    if (p->size == p->limits->longest_head)
        return is_bad(p, 431, "the head is too long");
    if (!has_room(p, p->size + 1))
        return is_bad(p, 503, "no memory for the head");
    p->head[p->size++] = c;
    p->last = c;
    p->line = c == '\n' ? 0 : p->line + 1;
    p->lines += c == '\n';
    if (empty_line && p->size > 2)
        return FLOW__HEAD;
    if (c == '\n')
        p->first_line = empty_line;
    return empty_line ? skip_empty_line(p) : FLOW__HUNGRY;
}

/* Whether it might be one that we do not know. */
static bool begins_with_word(const struct flow__parser *p)
{
    size_t n = 0;

    while (p->head[n] >= 'A' && p->head[n] <= 'Z')
        n++;
    return n > 0 && p->head[n] == ' ';
}

static enum flow__parsed refuse_head(struct flow__parser *p, llhttp_errno_t e)
{
    p->n = 0;
    if (p->status != 0)
        return FLOW__BAD;
    if (e == HPE_INVALID_VERSION || e == HPE_PAUSED_H2_UPGRADE)
        return is_bad(p, 505, "only HTTP/1.0 and 1.1 are spoken");
    if (e == HPE_INVALID_METHOD && begins_with_word(p))
        return is_bad(p, 501, "the method is not known");
    return is_bad(p, 400, llhttp_errno_name(e));
}

/* Makes room for the fields, behind the head: no more than it has lines. */
static bool has_places(struct flow__parser *p)
{
    size_t unit = sizeof(struct flow__field);
    size_t at = (p->size + unit - 1) / unit;

    p->places = least(p->lines, p->limits->most_headers);
    if (!has_room(p, (at + p->places) * unit))
        return false;
    p->fields = (struct flow__field *)(void *)p->head + at;
    return true;
}

static enum flow__parsed parse_head(struct flow__parser *p)
{
    llhttp_errno_t e;

    if (!has_places(p))
        return is_bad(p, 503, "no memory for the headers");
    e = llhttp_execute(&p->llhttp, p->head, p->size);
    if (e != HPE_OK && !(e == HPE_PAUSED && p->complete))
        return refuse_head(p, e);
    if (p->target_size > p->limits->longest_target) {
        p->n = 0;
        return is_bad(p, 414, "the target is too long");
    }
    p->in_body = true;
    p->keeps_alive = llhttp_should_keep_alive(&p->llhttp) != 0;
    p->head[p->target + p->target_size] = '\0';
    for (size_t i = 0; i < p->n; i++) {
        const struct flow__field *f = &p->fields[i];

        p->head[f->name + f->name_size] = '\0';
        p->head[f->value + f->value_size] = '\0';
    }
    p->last = 0;
    return FLOW__HEAD;
}

/* Adds what nobody takes for the end of a line, as far as there is room for it:
 * most of a head is such. */
static void add_plain(struct flow__parser *p, const char *s, size_t n)
{
    size_t i = 0;

    if (p->line == 0 || p->last == '\r')
        return;
    n = least(n, least(p->room, p->limits->longest_head) - p->size);
    if (p->first_line)
        n = least(n, p->limits->longest_target + LINE_MORE + 1 - p->line);
    while (i < n && (unsigned char)s[i] >= ' ')
        i++;
    if (i == 0)
        return;
    memcpy(p->head + p->size, s, i);
    p->size += i;
    p->line += i;
    p->last = s[i - 1];
    p->at += i;
}

static enum flow__parsed gather_head(struct flow__parser *p, const char *s,
                                     size_t n)
{
    enum flow__parsed seen = FLOW__HUNGRY;

    while (seen == FLOW__HUNGRY && p->at < n) {
        seen = add_to_head(p, s[p->at++]);
        add_plain(p, s + p->at, n - p->at);
    }
    return seen == FLOW__HEAD ? parse_head(p) : seen;
}

/* ---- The body ------------------------------------------------------------ */
static const char *guard_framing(struct flow__parser *p, const char *s,
                                 const char *end)
{
    for (; s < end; s++) {
        const char *why = is_doubtful(*s, p->last);

        if (why != NULL)
            return why;
        if (++p->framing > FRAMING)
            return "too much between the chunks";
        p->last = *s;
    }
    return NULL;
}

/* A small one of a large input is copied, so that who keeps it does not keep
 * all that was around it. */
static flow_value piece_of(struct flow__parser *p)
{
    if (p->piece_size <= COPIED && p->input.size > COPIED)
        return flow_bytes(p->piece_at, p->piece_size);
    return flow_slice(&p->input, p->at - p->piece_size, p->piece_size);
}

/* By what comes first, so that it does not matter how the input is cut. */
static enum flow__parsed refuse_framing(struct flow__parser *p,
                                        const char *from, llhttp_errno_t e)
{
    const char *why = guard_framing(p, from, llhttp_get_error_pos(&p->llhttp));

    return is_bad(p, 400, why != NULL ? why : llhttp_errno_name(e));
}

/* What llhttp has gone through, up to `end`. */
static enum flow__parsed look_at(struct flow__parser *p, const char *from,
                                 const char *end)
{
    bool met = p->piece_at != NULL;
    const char *why = guard_framing(p, from, met ? p->piece_at : end);

    if (why != NULL)
        return is_bad(p, 400, why);
    if (!met)
        return p->complete ? FLOW__END : FLOW__HUNGRY;
    p->last = 0;
    p->framing = 0;
    p->piece = piece_of(p);
    return FLOW__PIECE;
}

static enum flow__parsed parse_body(struct flow__parser *p, const char *s,
                                    size_t n)
{
    const char *from = s + p->at, *end = s + n;
    llhttp_errno_t e;

    if (p->complete)
        return FLOW__END;
    p->piece_at = NULL;
    if (llhttp_get_errno(&p->llhttp) == HPE_PAUSED)
        llhttp_resume(&p->llhttp);
    e = llhttp_execute(&p->llhttp, from, n - p->at);
    if (e == HPE_PAUSED)
        end = llhttp_get_error_pos(&p->llhttp);
    else if (e != HPE_OK)
        return refuse_framing(p, from, e);
    if (p->piece_at != NULL)
        end = p->piece_at + p->piece_size;
    p->at = (size_t)(end - s);
    return look_at(p, from, end);
}

static enum flow__parsed parse_input(struct flow__parser *p)
{
    size_t n;
    const char *s = flow_chars(&p->input, &n);

    if (s == NULL) {
        s = "";
        n = 0;
    }
    return p->in_body ? parse_body(p, s, n) : gather_head(p, s, n);
}

enum flow__parsed flow__parse(struct flow__parser *p)
{
    enum flow__parsed seen = p->status != 0 ? FLOW__BAD : parse_input(p);

    while (seen == FLOW__HUNGRY && p->input.kind != FLOW_NONE) {
        drop_input(p);
        seen = parse_input(p);
    }
    return seen;
}

/* ---- Looking ------------------------------------------------------------- */
const char *flow__parser_next(const struct flow__parser *p, const char *name,
                              size_t *at)
{
    size_t size = strlen(name);

    while (*at < p->n) {
        const struct flow__field *f = &p->fields[(*at)++];

        if (f->name_size == size
            && strcasecmp(p->head + f->name, name) == 0)
            return p->head + f->value;
    }
    return NULL;
}

const char *flow__parser_find(const struct flow__parser *p, const char *name,
                              size_t *n)
{
    size_t at = 0;
    const char *found = flow__parser_next(p, name, &at);

    *n = found != NULL;
    while (flow__parser_next(p, name, &at) != NULL)
        (*n)++;
    return found;
}
