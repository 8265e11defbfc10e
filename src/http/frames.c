/* SPDX-License-Identifier: MIT */
/* See frames.h. */
#include "frames.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum {
    FINAL = 0x80, RESERVED = 0x70, OPCODE = 0x0f,       /* the first byte   */
    MASKED = 0x80, SIZE = 0x7f                          /* the second       */
};

static enum flow__framed is_wrong(struct flow__frames *f, unsigned code,
                                  const char *why)
{
    f->code = code;
    f->why = why;
    return FLOW__FRAMES_WRONG;
}

/* ---- Beginning and ending ------------------------------------------------ */
void flow__frames_begin(struct flow__frames *f, bool masked, size_t longest)
{
    *f = (struct flow__frames){
        .masked = masked, .longest = longest, .input = flow_none(),
        .gathered = flow_none(), .message = flow_none()
    };
}

static void drop(flow_value *v)
{
    flow_drop(*v);
    *v = flow_none();
}

void flow__frames_end(struct flow__frames *f)
{
    drop(&f->input);
    drop(&f->gathered);
    drop(&f->message);
}

void flow__frames_feed(struct flow__frames *f, flow_value v)
{
    drop(&f->input);
    f->input = v;
    f->at = 0;
}

void flow__frames_discard(struct flow__frames *f)
{
    f->discards = true;
    drop(&f->gathered);
    drop(&f->message);
    f->message_size = 0;
}

/* ---- The head of a frame ------------------------------------------------- */
static bool is_control(unsigned first)
{
    return (first & 0x08) != 0;
}

static const char *wrong_in_first(const struct flow__frames *f, unsigned first)
{
    unsigned opcode = first & OPCODE;

    if ((first & RESERVED) != 0)
        return "a reserved bit is set";
    if (opcode > FLOW__PONG || (opcode > FLOW__BINARY && opcode < FLOW__CLOSE))
        return "there is no such opcode";
    if (is_control(first))
        return (first & FINAL) != 0 ? NULL : "a control frame is fragmented";
    if (opcode == FLOW__CONTINUED)
        return f->opcode != 0 ? NULL : "there is nothing to be continued";
    return f->opcode == 0 ? NULL : "a message begins within another";
}

static const char *wrong_in_second(const struct flow__frames *f,
                                   unsigned first, unsigned second)
{
    if (((second & MASKED) != 0) != f->masked)
        return f->masked ? "a frame is not masked" : "a frame is masked";
    if (is_control(first) && (second & SIZE) > FLOW__MOST_CONTROL)
        return "a control frame is too long";
    return NULL;
}

/* Bytes of the size, besides what the second byte has of it. */
static unsigned more_size(unsigned second)
{
    unsigned size = second & SIZE;

    return size < 126 ? 0 : size == 126 ? 2 : 8;
}

/* Bytes of the head, as far as its first two tell. */
static unsigned head_needs(const struct flow__frames *f)
{
    return 2 + more_size(f->head[1])
         + ((f->head[1] & MASKED) != 0 ? 4u : 0u);
}

/* Its size by its head; false: in more bytes than it takes. */
static bool take_size(struct flow__frames *f)
{
    unsigned n = more_size(f->head[1]);

    f->size = n > 0 ? 0 : f->head[1] & SIZE;
    for (unsigned i = 0; i < n; i++)
        f->size = f->size << 8 | f->head[2 + i];
    return n == 0 || f->size > (n == 2 ? 125 : 65535);
}

static enum flow__framed begin_payload(struct flow__frames *f)
{
    bool control = is_control(f->head[0]);

    if (!take_size(f))
        return is_wrong(f, FLOW__MALFORMED, "a length is longer than needed");
    if (f->size >> 63 != 0)
        return is_wrong(f, FLOW__MALFORMED, "a length is negative");
    if (!control && f->size > f->longest - f->message_size)
        return is_wrong(f, FLOW__TOO_BIG, "the message is too long");
    if (control)
        f->control_size = 0;
    else if (f->opcode == 0)
        f->opcode = f->head[0] & OPCODE;
    f->in_payload = true;
    f->got = 0;
    return FLOW__FRAMES_HUNGRY;
}

/* Adds a byte. */
static enum flow__framed add_to_head(struct flow__frames *f, unsigned char c)
{
    const char *why = NULL;

    f->head[f->head_size++] = c;
    if (f->head_size == 1)
        why = wrong_in_first(f, c);
    else if (f->head_size == 2)
        why = wrong_in_second(f, f->head[0], c);
    if (why != NULL)
        return is_wrong(f, FLOW__MALFORMED, why);
    return f->head_size < 2 || f->head_size < head_needs(f)
        ? FLOW__FRAMES_HUNGRY : begin_payload(f);
}

/* ---- Its payload --------------------------------------------------------- */
/* Copies n bytes of the payload, from the one that is next. */
static void unmask(const struct flow__frames *f, char *to, const char *from,
                   size_t n)
{
    const unsigned char *key = f->head + f->head_size - 4;
    unsigned char turned[8];
    uint64_t mask, word;
    size_t i = 0;

    if (!f->masked) {
        memcpy(to, from, n);
        return;
    }
    for (unsigned k = 0; k < sizeof turned; k++)
        turned[k] = key[(f->got + k) % 4];
    memcpy(&mask, turned, sizeof mask);
    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, from + i, sizeof word);
        word ^= mask;
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < n; i++)
        to[i] = (char)(from[i] ^ turned[i % 4]);
}

/* Where n more bytes of the message go; NULL: there is no memory. It grows as
 * they come, but one that has come whole is not copied once more. */
static char *room_for(struct flow__frames *f, size_t n)
{
    size_t need = f->message_size + n, room = 2 * (size_t)f->gathered.size;
    char *to;
    flow_value more;

    if (need <= f->gathered.size)
        return f->to + f->message_size;
    if (room > f->longest)
        room = f->longest;
    more = flow_buffer(room > need ? room : need, &to);
    if (to == NULL) {
        flow_drop(more);
        return NULL;
    }
    if (f->message_size > 0)
        memcpy(to, f->to, f->message_size);
    drop(&f->gathered);
    f->gathered = more;
    f->to = to;
    return to + f->message_size;
}

static enum flow__framed take_data(struct flow__frames *f, const char *from,
                                   size_t n)
{
    char *to;

    if (f->discards || n == 0)
        return FLOW__FRAMES_HUNGRY;
    to = room_for(f, n);
    if (to == NULL)
        return is_wrong(f, FLOW__FAILED, "no memory for a message");
    unmask(f, to, from, n);
    f->message_size += n;
    if (f->opcode == FLOW__TEXT && !flow__utf8_read(&f->utf8, to, n))
        return is_wrong(f, FLOW__NOT_UTF8, "a text is not UTF-8");
    return FLOW__FRAMES_HUNGRY;
}

static enum flow__framed take_payload(struct flow__frames *f, const char *from,
                                      size_t n)
{
    enum flow__framed seen = FLOW__FRAMES_HUNGRY;

    if (n > f->size - f->got)
        n = (size_t)(f->size - f->got);
    f->at += n;
    if (!is_control(f->head[0])) {
        seen = take_data(f, from, n);
    } else {
        unmask(f, f->control + f->control_size, from, n);
        f->control_size += (unsigned)n;
    }
    f->got += n;
    return seen;
}

/* ---- Its end ------------------------------------------------------------- */
static enum flow__framed end_message(struct flow__frames *f)
{
    if ((f->head[0] & FINAL) == 0)
        return FLOW__FRAMES_HUNGRY;
    if (!flow__utf8_may_end(&f->utf8) && !f->discards)
        return is_wrong(f, FLOW__NOT_UTF8, "a text ends within a character");
    if (f->message_size == 0)
        f->gathered = flow_literal("");
    f->gathered.kind = f->opcode == FLOW__TEXT ? FLOW_TEXT : FLOW_BYTES;
    f->message = flow_slice(&f->gathered, 0, f->message_size);
    drop(&f->gathered);
    f->message_size = 0;
    f->opcode = 0;
    f->utf8 = (struct flow__utf8){ 0 };
    return FLOW__FRAMES_MESSAGE;
}

bool flow__is_close_code(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
}

static enum flow__framed end_close(struct flow__frames *f)
{
    const unsigned char *c = (const unsigned char *)f->control;

    f->control[f->control_size] = '\0';
    f->code = FLOW__NO_CODE;
    f->why = "";
    if (f->control_size == 0)
        return FLOW__FRAMES_CLOSED;
    f->code = (unsigned)c[0] << 8 | c[1];
    f->why = f->control + 2;
    if (f->control_size == 1 || !flow__is_close_code((int)f->code))
        return is_wrong(f, FLOW__MALFORMED, "there is no such code to close");
    if (!flow__is_utf8(f->why, f->control_size - 2))
        return is_wrong(f, FLOW__NOT_UTF8, "the reason to close is not UTF-8");
    return FLOW__FRAMES_CLOSED;
}

static enum flow__framed end_frame(struct flow__frames *f)
{
    f->in_payload = false;
    f->head_size = 0;
    switch ((enum flow__opcode)(f->head[0] & OPCODE)) {
    case FLOW__CONTINUED: case FLOW__TEXT: case FLOW__BINARY:
        return end_message(f);
    case FLOW__CLOSE:
        return end_close(f);
    case FLOW__PING:
        return FLOW__FRAMES_PING;
    case FLOW__PONG:
        break;                              /* it is there: that was all    */
    }
    return FLOW__FRAMES_HUNGRY;
}

/* ---- Reading ------------------------------------------------------------- */
enum flow__framed flow__frames_read(struct flow__frames *f)
{
    size_t n;
    const char *s = flow_chars(&f->input, &n);
    enum flow__framed seen = FLOW__FRAMES_HUNGRY;

    while (seen == FLOW__FRAMES_HUNGRY
           && (f->at < n || (f->in_payload && f->got == f->size)))
        if (!f->in_payload)
            seen = add_to_head(f, (unsigned char)s[f->at++]);
        else if (f->got < f->size)
            seen = take_payload(f, s + f->at, n - f->at);
        else
            seen = end_frame(f);
    if (seen == FLOW__FRAMES_HUNGRY)
        drop(&f->input);
    return seen;
}

/* ---- Writing ------------------------------------------------------------- */
bool flow__random(void *to, size_t n)
{
    return getrandom(to, n, 0) == (ssize_t)n;
}

/* Its size. */
static unsigned write_head(unsigned char *to, unsigned opcode, uint64_t size)
{
    unsigned n = size < 126 ? 0 : size < 65536 ? 2 : 8;

    to[0] = (unsigned char)(FINAL | opcode);
    to[1] = n == 0 ? (unsigned char)size : n == 2 ? 126 : 127;
    for (unsigned i = 0; i < n; i++)
        to[2 + i] = (unsigned char)(size >> (8 * (n - 1 - i)));
    return 2 + n;
}

/* All in one. */
static flow_value masked_frame(unsigned char *head, unsigned head_size,
                               const flow_value *payload)
{
    size_t n;
    const char *from = flow_chars(payload, &n);
    unsigned char *key = head + head_size;
    char *to;
    flow_value v;

    if (!flow__random(key, 4))
        return flow_system_error(errno, "no random bytes to mask a message");
    head[1] |= MASKED;
    v = flow_buffer(head_size + 4 + n, &to);
    if (to == NULL)
        return v;
    memcpy(to, head, head_size + 4);
    to += head_size + 4;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(from[i] ^ key[i % 4]);
    return v;
}

unsigned flow__frame(enum flow__opcode opcode, flow_value payload, bool masked,
                     flow_value out[2])
{
    unsigned char head[14];
    unsigned n = write_head(head, opcode, payload.size);

    out[0] = payload;
    if (flow_is_failure(payload))
        return 1;
    if (masked) {
        out[0] = masked_frame(head, n, &payload);
        flow_drop(payload);
        return 1;
    }
    out[0] = flow_bytes(head, n);
    out[1] = payload;
    return 2;
}

/* How much of a reason is sent: whole characters. */
static size_t reason_size(const char *why)
{
    size_t n = strlen(why);

    if (n <= FLOW__MOST_REASON)
        return n;
    n = FLOW__MOST_REASON;
    while (n > 0 && ((unsigned char)why[n] & 0xc0) == 0x80)
        n--;
    return n;
}

unsigned flow__close_frame(unsigned code, const char *why, bool masked,
                           flow_value out[2])
{
    char payload[FLOW__MOST_CONTROL];
    size_t n = reason_size(why);

    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    memcpy(payload + 2, why, n);
    return flow__frame(FLOW__CLOSE, flow_bytes(payload, code == FLOW__NO_CODE
                                               ? 0 : n + 2), masked, out);
}
