/* SPDX-License-Identifier: MIT */
/* See handshake.h. SHA-1 is not here to keep a secret: the answer to a key only
 * proves that it was understood. */
#include "handshake.h"

#include <string.h>
#include <strings.h>

/* ---- SHA-1, of up to 119 bytes, FIPS 180-4 ------------------------------- */
enum { BLOCK = 64 };

static uint32_t turn(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static uint32_t mix(const uint32_t h[5], unsigned i)
{
    static const uint32_t k[4] = {
        0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6
    };
    uint32_t b = h[1], c = h[2], d = h[3];
    uint32_t f = i < 20 ? (b & c) | (~b & d)
               : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;

    return f + k[i / 20];
}

static void add_block(uint32_t hash[5], const unsigned char *block)
{
    uint32_t w[80], h[5];

    for (unsigned i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16
             | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (unsigned i = 16; i < 80; i++)
        w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(h, hash, sizeof h);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t next = turn(h[0], 5) + mix(h, i) + h[4] + w[i];

        h[4] = h[3];
        h[3] = h[2];
        h[2] = turn(h[1], 30);
        h[1] = h[0];
        h[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        hash[i] += h[i];
}

static void sha1(const char *text, size_t n, unsigned char to[20])
{
    uint32_t hash[5] = {
        0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0
    };
    unsigned char blocks[2 * BLOCK] = { 0 };
    size_t all = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;

    memcpy(blocks, text, n);
    blocks[n] = 0x80;
    blocks[all - 2] = (unsigned char)(8 * n >> 8);
    blocks[all - 1] = (unsigned char)(8 * n);
    for (size_t at = 0; at < all; at += BLOCK)
        add_block(hash, blocks + at);
    for (unsigned i = 0; i < 20; i++)
        to[i] = (unsigned char)(hash[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- Keys ---------------------------------------------------------------- */
static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void flow__base64(const unsigned char *from, size_t n, char *to)
{
    for (; n > 0; from += 3, n -= n < 3 ? n : 3, to += 4) {
        unsigned bits = (unsigned)from[0] << 16
                      | (n > 1 ? (unsigned)from[1] << 8 : 0)
                      | (n > 2 ? from[2] : 0u);

        to[0] = digits[bits >> 18];
        to[1] = digits[bits >> 12 & 63];
        to[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
        to[3] = n > 2 ? digits[bits & 63] : '=';
    }
    *to = '\0';
}

void flow__websocket_accept(const char *key, char to[FLOW__ACCEPT])
{
    char both[BLOCK];
    unsigned char hash[20];
    int n = snprintf(both, sizeof both, "%s%s", key,
                     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

    sha1(both, (size_t)n, hash);
    flow__base64(hash, sizeof hash, to);
}

/* Whether it is 16 bytes in base64. */
static bool is_key(const char *key)
{
    return strlen(key) == 24 && strspn(key, digits) == 22
        && strcmp(key + 22, "==") == 0;
}

/* ---- Lists --------------------------------------------------------------- */
/* As strncmp, or in any case. */
typedef int compare(const char *a, const char *b, size_t n);

/* By commas. */
static bool lists(const char *list, const char *name, size_t size,
                  compare *differs)
{
    while (*list != '\0') {
        size_t n;

        list += strspn(list, ", \t");
        n = strcspn(list, ", \t");
        if (n == size && differs(list, name, n) == 0)
            return true;
        list += n;
    }
    return false;
}

static bool is_listed(const struct flow__parser *p, const char *header,
                      const char *name, size_t size, compare *differs)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcasecmp(p->head + p->fields[i].name, header) == 0
            && lists(p->head + p->fields[i].value, name, size, differs))
            return true;
    return false;
}

const char *flow__websocket_choice(const struct flow__parser *p,
                                   const char *ours, size_t *size)
{
    while (ours != NULL && *ours != '\0') {
        ours += strspn(ours, " ");
        *size = strcspn(ours, " ");
        if (*size > 0
            && is_listed(p, "Sec-WebSocket-Protocol", ours, *size, strncmp))
            return ours;
        ours += *size;
    }
    *size = 0;
    return "";
}

/* ---- Origins ------------------------------------------------------------- */
/* Of a host and its port, without the port that is meant anyway. */
static size_t host_size(const char *host, const char *port)
{
    size_t n = strlen(host), size = strlen(port);

    return n > size && strcmp(host + n - size, port) == 0 ? n - size : n;
}

static bool is_own_host(const char *origin, const char *host)
{
    bool secure = strncasecmp(origin, "https://", 8) == 0;
    const char *port = secure ? ":443" : ":80";
    size_t n;

    if (!secure && strncasecmp(origin, "http://", 7) != 0)
        return false;
    origin += secure ? 8 : 7;
    n = host_size(origin, port);
    return n == host_size(host, port) && strncasecmp(origin, host, n) == 0;
}

static bool is_among(const char *origin, const char *origins)
{
    size_t size = strlen(origin);

    while (origins != NULL && *origins != '\0') {
        size_t n = strcspn(origins, " ");

        if ((n == 1 && *origins == '*')
            || (n == size && strncasecmp(origins, origin, n) == 0))
            return true;
        origins += n;
        origins += strspn(origins, " ");
    }
    return false;
}

static bool may_come_from_there(const struct flow__parser *p,
                                const char *origins)
{
    size_t n;
    const char *host = flow__parser_find(p, "Host", &n);
    const char *origin = flow__parser_find(p, "Origin", &n);

    return n == 0
        || (n == 1 && (is_own_host(origin, host) || is_among(origin, origins)));
}

/* ---- Answers ------------------------------------------------------------- */
static bool is_once(const struct flow__parser *p, const char *header,
                    const char *value)
{
    size_t n;
    const char *found = flow__parser_find(p, header, &n);

    return n == 1 && strcmp(found, value) == 0;
}

static bool is_offered(const struct flow__parser *p, const char *offered)
{
    size_t n;
    const char *chosen = flow__parser_find(p, "Sec-WebSocket-Protocol", &n);

    return n == 0
        || (n == 1 && lists(offered, chosen, strlen(chosen), strncmp));
}

flow_value flow__websocket_failure(const struct flow__parser *p,
                                   const char *accept, const char *offered)
{
    int status = p->llhttp.status_code;
    size_t n;

    if (status != 101)
        return flow_error(FLOW_EHTTP, status, "the server has answered %d and "
                          "no WebSocket", status);
    flow__parser_find(p, "Sec-WebSocket-Extensions", &n);
    if (!is_listed(p, "Upgrade", "websocket", 9, strncasecmp)
        || !is_listed(p, "Connection", "Upgrade", 7, strncasecmp)
        || !is_once(p, "Sec-WebSocket-Accept", accept))
        return flow_error(FLOW_EFORMAT, 0, "the server has not understood what "
                          "a WebSocket is");
    if (n > 0 || !is_offered(p, offered))
        return flow_error(FLOW_EFORMAT, 0, "the server speaks what it was not "
                          "offered");
    return flow_none();
}

/* ---- Requests ------------------------------------------------------------ */
flow_value flow__websocket_refusal(const struct flow_request *r,
                                   const char *origins)
{
    const struct flow__parser *p = r->parser;
    size_t versions, keys;
    const char *version = flow__parser_find(p, "Sec-WebSocket-Version",
                                            &versions);
    const char *key = flow__parser_find(p, "Sec-WebSocket-Key", &keys);

    if (strcmp(r->method, "GET") != 0 || p->llhttp.http_minor == 0
        || !is_listed(p, "Upgrade", "websocket", 9, strncasecmp)
        || !is_listed(p, "Connection", "Upgrade", 7, strncasecmp))
        return flow_error(FLOW_EHTTP, 426, "this page speaks WebSocket");
    if (versions != 1 || strcmp(version, "13") != 0)
        return flow_error(FLOW_EHTTP, 426, "only version 13 of WebSocket is "
                          "spoken");
    if (keys != 1 || !is_key(key))
        return flow_error(FLOW_EHTTP, 400, "the key is not 16 bytes in base64");
    if (r->has_body)
        return flow_error(FLOW_EHTTP, 400, "who asks for a WebSocket has no "
                          "body");
    if (!may_come_from_there(p, origins))
        return flow_error(FLOW_EHTTP, 403, "pages of that origin may not "
                          "converse with this one");
    return flow_none();
}
