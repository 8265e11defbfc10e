/* SPDX-License-Identifier: MIT */
/* See transfer.h. What libcurl calls back only stores, notes and wakes: so the
 * transfer is stopped when libcurl has returned, and libcurl holds nothing. */
#include "transfer.h"

#include "words.h"

#include <flow/fetch.h>

#include <math.h>
#include <string.h>

enum { BLOCK = 16384, COPIED = 4096 };  /* smaller pieces are copied out    */

struct flow__block {
    struct flow__block *next;
    flow_value bytes;
    char *chars;
    size_t n;
};

static void wake(struct flow__transfer *t)
{
    flow_waker *w = t->waker;

    t->waker = NULL;
    flow_wake(w);
}

static void note_move(struct flow__transfer *t)
{
    t->moved = t->job.host->now(t->job.host);
}

/* ---- Ending -------------------------------------------------------------- */
/* Keeps the first failure. */
static void goes_wrong(struct flow__transfer *t, flow_value why)
{
    if (flow_is_failure(t->wrong))
        flow_drop(why);
    else
        t->wrong = why;
}

/* libcurl is done with. */
static void end(struct flow__transfer *t)
{
    flow__client_remove(&t->job);
    curl_easy_cleanup(t->job.easy);
    t->job.easy = NULL;
    t->over = true;
    wake(t);
}

/* Inside libcurl: ends soon. */
static void breaks_off(struct flow__transfer *t, flow_value why)
{
    goes_wrong(t, why);
    flow__client_note(&t->job);
}

static void lost(struct flow__job *j, flow_value why)
{
    struct flow__transfer *t = (struct flow__transfer *)j;

    if (j->client != NULL) {
        breaks_off(t, why);
        return;
    }
    goes_wrong(t, why);
    end(t);
}

/* ---- What has come ------------------------------------------------------- */
static bool has_block(struct flow__transfer *t, size_t n)
{
    struct flow__block *b = t->last;

    if (b != NULL && b->n + n <= BLOCK)
        return true;
    b = flow_alloc(sizeof *b);
    if (b == NULL)
        return false;
    b->bytes = flow_buffer(n > BLOCK ? n : BLOCK, &b->chars);
    if (b->chars == NULL) {
        flow_drop(b->bytes);
        flow_free(b, sizeof *b);
        return false;
    }
    b->next = NULL;
    b->n = 0;
    if (t->last != NULL)
        t->last->next = b;
    else
        t->first = b;
    t->last = b;
    return true;
}

static void drop_first(struct flow__transfer *t)
{
    struct flow__block *b = t->first;

    t->first = b->next;
    if (t->first == NULL)
        t->last = NULL;
    t->held -= b->n;
    flow_drop(b->bytes);
    flow_free(b, sizeof *b);
}

static bool makes_head(struct flow__transfer *t)
{
    char *where = NULL, *shown;
    flow_value why = flow_none();

    curl_easy_getinfo(t->job.easy, CURLINFO_EFFECTIVE_URL, &where);
    shown = flow__url_shown(where, &why);
    t->headed = true;
    t->boxed = shown != NULL ? flow__head_box(&t->head, shown) : why;
    curl_free(shown);
    flow__head_drop(&t->head);
    if (flow_is_failure(t->boxed)) {
        breaks_off(t, t->boxed);
        t->boxed = flow_none();
        return false;
    }
    wake(t);
    return true;
}

/* Of heads that others follow, nobody is told. */
static bool is_last_head(const struct flow__transfer *t)
{
    int status = t->head.status;

    return status >= 200
        && !(t->follows && status >= 300 && status < 400 && t->head.moves);
}

/* Lines after the body are not kept. */
static size_t takes_line(char *line, size_t one, size_t n, void *transfer)
{
    struct flow__transfer *t = transfer;
    flow_value why;

    (void)one;
    note_move(t);
    if (t->headed)
        return n;
    if (*line == '\r' || *line == '\n')
        return !is_last_head(t) || makes_head(t) ? n : 0;
    why = flow__head_add(&t->head, line, n);
    if (!flow_is_failure(why))
        return n;
    breaks_off(t, why);
    return 0;
}

static flow_value is_too_much(const struct flow__transfer *t)
{
    if (t->longest > 0 && t->received > t->longest)
        return flow_error(FLOW_ELIMIT, 0, "the body of %s is longer than %zu "
                          "bytes", t->url, t->longest);
    if (t->held > FLOW__UNPACKED)
        return flow_error(FLOW_ELIMIT, 0, "the body of %s unpacks to more than "
                          "%d bytes at once; the option `packed` gives it as "
                          "it is", t->url, FLOW__UNPACKED);
    return flow_none();
}

static size_t takes_piece(char *from, size_t one, size_t n, void *transfer)
{
    struct flow__transfer *t = transfer;
    flow_value why;

    (void)one;
    if (!t->headed && !makes_head(t))
        return 0;
    note_move(t);
    t->received += n;
    t->held += n;
    why = is_too_much(t);
    if (!flow_is_failure(why) && !has_block(t, n))
        why = flow_error(FLOW_ENOMEM, 0, "no memory for the body of %s",
                         t->url);
    if (flow_is_failure(why)) {
        t->held -= n;
        breaks_off(t, why);
        return 0;
    }
    memcpy(t->last->chars + t->last->n, from, n);
    t->last->n += n;
    if (t->held >= FLOW__HELD)
        flow__client_note(&t->job);
    wake(t);
    return n;
}

/* A small piece is copied, so that who keeps it does not keep a block. */
static flow_value take_block(struct flow__transfer *t)
{
    struct flow__block *b = t->first;
    flow_value piece = b->n < COPIED ? flow_bytes(b->chars, b->n)
                                     : flow_slice(&b->bytes, 0, b->n);

    drop_first(t);
    return piece;
}

static flow_status give(struct flow__transfer *t, flow_stage *out,
                        flow_value v)
{
    flow__alarm_stop(&t->alarm);
    flow_give(out, v);
    return FLOW_READY;
}

flow_status flow__transfer_give(struct flow__transfer *t, flow_stage *out)
{
    flow_value v = t->boxed;

    t->waker = NULL;
    t->boxed = flow_none();
    if (v.kind != FLOW_NONE)
        return give(t, out, v);
    if (t->first != NULL)
        return give(t, out, take_block(t));
    if (!t->over)
        return FLOW_WAIT;
    v = t->wrong;
    t->wrong = flow_none();
    return flow_is_failure(v) ? flow_raise_in(out, v) : FLOW_DONE;
}

/* ---- What is sent -------------------------------------------------------- */
static void drop_unsent(struct flow__transfer *t)
{
    flow_drop(t->unsent[t->from++]);
    t->cut = 0;
    if (t->from == t->to)
        t->from = t->to = 0;
}

static size_t gives_piece(char *to, size_t one, size_t room, void *transfer)
{
    struct flow__transfer *t = transfer;
    size_t given = 0;

    room *= one;
    note_move(t);
    while (t->from < t->to && given < room) {
        size_t len, n;
        const char *chars = flow_chars(&t->unsent[t->from], &len);

        n = len - t->cut < room - given ? len - t->cut : room - given;
        memcpy(to + given, chars + t->cut, n);
        given += n;
        t->cut += n;
        if (t->cut == len)
            drop_unsent(t);
    }
    if (given > 0 || t->all_fed)
        return given;
    t->hungry = true;
    wake(t);
    return CURL_READFUNC_PAUSE;
}

/* NONE, or what is wrong with v, which is taken. */
static flow_value feed_one(struct flow__transfer *t, flow_value v)
{
    if (v.kind != FLOW_TEXT && v.kind != FLOW_BYTES) {
        flow_drop(v);
        return flow_error(FLOW_EINVAL, 0, "what is uploaded to %s must be text "
                          "or bytes", t->url);
    }
    t->fed += v.size;
    if (t->length > 0 && t->fed > t->length) {
        flow_drop(v);
        return flow_error(FLOW_EINVAL, 0, "the upload to %s is longer than its "
                          "length of %zu bytes", t->url, t->length);
    }
    if (v.size > 0)
        t->unsent[t->to++] = v;
    else
        flow_drop(v);
    return flow_none();
}

static flow_value feed_end(struct flow__transfer *t)
{
    t->all_fed = true;
    if (t->fed >= t->length)
        return flow_none();
    return flow_error(FLOW_EINVAL, 0, "the upload to %s has ended after %zu "
                      "bytes of its length of %zu", t->url, t->fed, t->length);
}

flow_status flow__transfer_feed(struct flow__transfer *t, flow_stage *sent,
                                flow_waker *w, flow_value *error)
{
    flow_status st = FLOW_READY;
    flow_value v;

    *error = flow_none();
    while (t->hungry && !t->all_fed && t->to < FLOW__UNSENT_MOST
           && st == FLOW_READY) {
        st = flow_pull(sent, w, &v);
        if (st == FLOW_READY)
            *error = feed_one(t, v);
        else if (st == FLOW_DONE)
            *error = feed_end(t);
        else if (st == FLOW_FAILED)
            *error = v;
        if (flow_is_failure(*error))
            return FLOW_FAILED;
    }
    return FLOW_READY;
}

/* ---- Going on ------------------------------------------------------------ */
/* An answer to what libcurl asks before it sends the request. */
static int is_connected(void *transfer, char *here, char *there, int our_port,
                        int their_port)
{
    struct flow__transfer *t = transfer;

    (void)here, (void)there, (void)our_port, (void)their_port;
    t->connected = true;
    note_move(t);
    wake(t);
    return CURL_PREREQFUNC_OK;
}

static void over(struct flow__job *j, CURLcode code)
{
    struct flow__transfer *t = (struct flow__transfer *)j;

    if (code != CURLE_OK)
        goes_wrong(t, flow__fetch_words(j->easy, code, t->url, t->words));
    else if (!t->headed)
        makes_head(t);
    end(t);
}

static void stop(struct flow__transfer *t)
{
    t->stopped = true;
    curl_easy_pause(t->job.easy,
                    CURLPAUSE_RECV | (t->hungry ? CURLPAUSE_SEND : 0));
}

static void attend(struct flow__job *j)
{
    struct flow__transfer *t = (struct flow__transfer *)j;

    if (flow_is_failure(t->wrong))
        end(t);
    else if (t->held >= FLOW__HELD)
        stop(t);
}

static flow_status resume(struct flow__transfer *t, flow_value *error)
{
    bool feeds = t->hungry && (t->from < t->to || t->all_fed);
    CURLcode wrong;

    if (!t->stopped && !feeds)
        return FLOW_WAIT;
    t->stopped = false;
    t->hungry = t->hungry && !feeds;
    wrong = curl_easy_pause(t->job.easy,
                            t->hungry ? CURLPAUSE_SEND : CURLPAUSE_CONT);
    if (wrong == CURLE_OK)
        return FLOW_WAIT;
    *error = flow__fetch_words(t->job.easy, wrong, t->url, t->words);
    return FLOW_FAILED;
}

/* Time counts while somebody asks, from when he began to. */
static bool is_idle(struct flow__transfer *t, flow_waker *w)
{
    double left;

    t->alarm.waker = w;
    if (!t->connected || isinf(t->idle) || t->alarm.host != NULL)
        return false;
    if (!t->alarm.rung)
        note_move(t);
    left = t->moved + t->idle - t->job.host->now(t->job.host);
    if (left <= 0)
        return true;
    flow__alarm_set(&t->alarm, w, left);
    return false;
}

flow_status flow__transfer_wait(struct flow__transfer *t, flow_waker *w,
                                flow_value *error)
{
    if (is_idle(t, w)) {
        *error = flow_error(FLOW_ETIMEOUT, 0, "cannot fetch %s: nothing has "
                            "come nor gone for %g seconds", t->url, t->idle);
        return FLOW_FAILED;
    }
    t->waker = w;
    return resume(t, error);
}

/* ---- Beginning and closing ---------------------------------------------- */
flow_value flow__transfer_begin(struct flow__transfer *t)
{
    t->begun = true;
    return flow__client_add(&t->job);
}

bool flow__transfer_set_up(struct flow__transfer *t)
{
    CURL *e = t->job.easy;

    return curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->words) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, takes_line) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, takes_piece) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_READFUNCTION, gives_piece) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_READDATA, t) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, is_connected) == CURLE_OK
        && curl_easy_setopt(e, CURLOPT_PREREQDATA, t) == CURLE_OK;
}

struct flow__transfer *flow__transfer_new(void)
{
    struct flow__transfer *t = flow_alloc(sizeof *t);

    if (t == NULL)
        return NULL;
    memset(t, 0, sizeof *t);
    t->job.easy = curl_easy_init();
    t->job.over = over;
    t->job.attend = attend;
    t->job.lost = lost;
    if (t->job.easy != NULL)
        return t;
    flow_free(t, sizeof *t);
    return NULL;
}

void flow__transfer_break(struct flow__transfer *t)
{
    t->waker = NULL;
    flow__alarm_stop(&t->alarm);
    if (!t->over)
        end(t);
}

void flow__transfer_close(struct flow__transfer *t)
{
    if (t == NULL)
        return;
    flow__transfer_break(t);
    curl_slist_free_all(t->headers);
    curl_free(t->url);
    flow__head_drop(&t->head);
    flow_drop(t->boxed);
    while (t->first != NULL)
        drop_first(t);
    while (t->from < t->to)
        drop_unsent(t);
    flow_drop(t->wrong);
    flow_free(t, sizeof *t);
}
