/* SPDX-License-Identifier: MIT */
/* Files as pages. What was opened is what is sent, whatever becomes of its name
 * meanwhile. */
#include "answer.h"
#include "conditional.h"
#include "ranges.h"
#include "redirect.h"

#include "reactor/opened.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

/* ---- What it is ---------------------------------------------------------- */
static const char *type_of(const char *name)
{
    static const struct { const char *ending, *type; } all[] = {
        { "html", "text/html; charset=utf-8" },
        { "htm", "text/html; charset=utf-8" },
        { "css", "text/css; charset=utf-8" },
        { "js", "text/javascript; charset=utf-8" },
        { "mjs", "text/javascript; charset=utf-8" },
        { "txt", "text/plain; charset=utf-8" },
        { "md", "text/markdown; charset=utf-8" },
        { "csv", "text/csv; charset=utf-8" },
        { "json", "application/json" },
        { "map", "application/json" },
        { "webmanifest", "application/manifest+json" },
        { "xml", "application/xml" },
        { "atom", "application/atom+xml" },
        { "rss", "application/rss+xml" },
        { "pdf", "application/pdf" },
        { "wasm", "application/wasm" },
        { "zip", "application/zip" },
        { "gz", "application/gzip" },
        { "tgz", "application/gzip" },
        { "tar", "application/x-tar" },
        { "svg", "image/svg+xml" },
        { "png", "image/png" },
        { "jpg", "image/jpeg" },
        { "jpeg", "image/jpeg" },
        { "gif", "image/gif" },
        { "webp", "image/webp" },
        { "avif", "image/avif" },
        { "ico", "image/x-icon" },
        { "woff", "font/woff" },
        { "woff2", "font/woff2" },
        { "ttf", "font/ttf" },
        { "otf", "font/otf" },
        { "mp3", "audio/mpeg" },
        { "m4a", "audio/mp4" },
        { "ogg", "audio/ogg" },
        { "opus", "audio/ogg" },
        { "wav", "audio/wav" },
        { "mp4", "video/mp4" },
        { "webm", "video/webm" }
    };
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash != NULL ? slash : name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof all / sizeof *all; i++)
        if (strcasecmp(dot + 1, all[i].ending) == 0)
            return all[i].type;
    return "application/octet-stream";
}

/* One that was written to in this second may be written to again without its
 * time being another one: so its tag is weak. */
static void tell_validators(struct flow_request *r, const struct stat *s)
{
    if (flow__answer_says(r, "ETag") == NULL)
        flow_answer_header(r, "ETag", "%s\"%" PRIxMAX "-%" PRIxMAX "-%lx-%"
                           PRIxMAX "\"", s->st_mtime < time(NULL) ? "" : "W/",
                           (uintmax_t)s->st_size, (uintmax_t)s->st_mtime,
                           (unsigned long)s->st_mtim.tv_nsec,
                           (uintmax_t)s->st_ino);
    if (flow__answer_says(r, "Last-Modified") == NULL)
        flow_answer_modified(r, s->st_mtime);
}

/* ---- Sending ------------------------------------------------------------- */
struct sent {
    const struct flow__opened *file;
    const char *name, *type;
    uint64_t size;
};

static bool send_part(flow_gen *self, const struct sent *f,
                      struct flow__range part)
{
    flow_stage *bytes = flow__read_part(f->file, f->name, part.from, part.size);
    uint64_t left = part.size;

    for (flow_value v; left > 0 && flow_next(self, bytes, &v);) {
        left -= v.size;
        if (!flow_yield(self, v))
            break;
    }
    flow_close(bytes);
    return left == 0;
}

static void tell_length(struct flow_request *r, uint64_t n)
{
    flow_answer_header(r, "Content-Length", "%" PRIu64, n);
}

static void send_all(flow_gen *self, struct flow_request *r,
                     const struct sent *f)
{
    if (!r->head_only)
        send_part(self, f, (struct flow__range){ 0, f->size });
}

/* ---- Sending parts ------------------------------------------------------- */
#define BOUNDARY_SIZE 33

static void send_one(flow_gen *self, struct flow_request *r,
                     const struct sent *f, struct flow__range part)
{
    flow_answer_status(r, 206);
    flow_answer_header(r, "Content-Range", "bytes %" PRIu64 "-%" PRIu64 "/%"
                       PRIu64, part.from, part.from + part.size - 1, f->size);
    tell_length(r, part.size);
    send_part(self, f, part);
}

static flow_value head_of(const struct sent *f, const char *boundary,
                          struct flow__range part)
{
    return flow_textf("\r\n--%s\r\nContent-Type: %s\r\n"
                      "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
                      "\r\n\r\n", boundary, f->type, part.from,
                      part.from + part.size - 1, f->size);
}

static flow_value end_of(const char *boundary)
{
    return flow_textf("\r\n--%s--\r\n", boundary);
}

static uint64_t size_of(flow_value v)
{
    uint64_t size = v.size;

    flow_drop(v);
    return size;
}

static uint64_t length_of(const struct sent *f, const char *boundary,
                          const struct flow__ranges *parts)
{
    uint64_t n = size_of(end_of(boundary));

    for (size_t i = 0; i < parts->n; i++)
        n += size_of(head_of(f, boundary, parts->part[i]))
           + parts->part[i].size;
    return n;
}

/* One that nobody can have written into the file. */
static bool draws_boundary(flow_gen *self, char to[BOUNDARY_SIZE])
{
    uint64_t random[2];

    if (getentropy(random, sizeof random) != 0) {
        flow_raise(self, flow_system_error(errno, "no random numbers"));
        return false;
    }
    snprintf(to, BOUNDARY_SIZE, "%016" PRIx64 "%016" PRIx64, random[0],
             random[1]);
    return true;
}

static void send_some(flow_gen *self, struct flow_request *r,
                      const struct sent *f, const struct flow__ranges *parts)
{
    char boundary[BOUNDARY_SIZE];
    bool goes_on = true;

    if (!draws_boundary(self, boundary))
        return;
    flow_answer_status(r, 206);
    flow_answer_header(r, "Content-Type", "multipart/byteranges; boundary=%s",
                       boundary);
    tell_length(r, length_of(f, boundary, parts));
    for (size_t i = 0; goes_on && i < parts->n; i++)
        goes_on = flow_yield(self, head_of(f, boundary, parts->part[i]))
               && send_part(self, f, parts->part[i]);
    if (goes_on)
        flow_yield(self, end_of(boundary));
}

static void send_none(flow_gen *self, struct flow_request *r,
                      const struct sent *f)
{
    flow_answer_header(r, "Content-Range", "bytes */%" PRIu64, f->size);
    flow_fail(self, FLOW_EHTTP, 416, "the file has %" PRIu64 " bytes", f->size);
}

/* Only of what is looked at are there parts. */
static enum flow__asked is_asked_for(const struct flow_request *r,
                                     uint64_t size, struct flow__ranges *parts)
{
    size_t n;
    const char *header = flow__parser_find(r->parser, "Range", &n);

    if (n != 1 || strcmp(r->method, "GET") != 0
        || !flow__request_takes_parts(r))
        return FLOW__ALL;
    return flow__ranges_read(header, size, parts);
}

static void send_file(flow_gen *self, struct flow_request *r,
                      const struct sent *f)
{
    struct flow__ranges parts;

    flow_answer_header(r, "Content-Type", "%s", f->type);
    tell_length(r, f->size);
    if (r->status != 200) {
        send_all(self, r, f);
        return;
    }
    tell_validators(r, &f->file->about);
    flow_answer_header(r, "Accept-Ranges", "bytes");
    if (!flow_request_holds(r))
        return;
    switch (is_asked_for(r, f->size, &parts)) {
    case FLOW__ALL:
        send_all(self, r, f);
        break;
    case FLOW__PARTS:
        if (parts.n == 1)
            send_one(self, r, f, parts.part[0]);
        else
            send_some(self, r, f, &parts);
        break;
    case FLOW__NOTHING:
        send_none(self, r, f);
        break;
    }
}

static void answer_opened(flow_gen *self, struct flow_request *r,
                          const struct flow__opened *file, const char *name)
{
    const char *type = flow__answer_says(r, "Content-Type");
    struct sent f = {
        .file = file, .name = name, .size = (uint64_t)file->about.st_size,
        .type = type != NULL ? type : type_of(name)
    };

    send_file(self, r, &f);
}

/* ---- Opening ------------------------------------------------------------- */
static void is_not_found(flow_gen *self)
{
    flow_fail(self, FLOW_EHTTP, 404, "%s", "");
}

/* What can be wrong with what a client has asked for is told to it; the rest is
 * ours. */
static void tell_why(flow_gen *self, flow_value error)
{
    switch (flow_code(&error)) {
    case ENOENT: case ENOTDIR: case ENAMETOOLONG: case EXDEV: case ELOOP:
    case ENXIO: case ENODEV:
        is_not_found(self);
        break;
    case EACCES: case EPERM:
        flow_fail(self, FLOW_EHTTP, 403, "%s", "");
        break;
    default:
        flow_raise(self, error);
        return;
    }
    flow_drop(error);
}

/* True: *box is yours. */
static bool opens(flow_gen *self, const char *directory, const char *path,
                  flow_value *box)
{
    flow_value error;

    if (flow_first(self, flow__open_file(directory, path), box))
        return true;
    if (flow_catch(self, FLOW_ESYSTEM, &error))
        tell_why(self, error);
    return false;
}

void flow_answer_file(flow_gen *self, flow_request *r, const char *path)
{
    flow_value box;

    if (!opens(self, NULL, path, &box))
        return;
    if (S_ISREG(flow__opened_in(&box)->about.st_mode))
        answer_opened(self, r, flow__opened_in(&box), path);
    else
        is_not_found(self);
    flow_drop(box);
}

/* ---- Directories --------------------------------------------------------- */
static bool is_hidden(const char *path)
{
    return *path == '.' || strstr(path, "/.") != NULL;
}

/* NULL: told. */
static const char *with_index(flow_gen *self, struct flow_request *r,
                              const char *path)
{
    size_t n = strlen(path);
    char *whole;

    if (n > 0 && path[n - 1] != '/')
        return path;
    whole = flow__request_keep(r, n + sizeof "index.html");
    if (whole == NULL)
        flow_fail(self, FLOW_ENOMEM, 0, "no memory for the name of a file");
    else
        strcpy(stpcpy(whole, path), "index.html");
    return whole;
}

static void answer_found(flow_gen *self, struct flow_request *r,
                         const struct flow__opened *file, const char *path)
{
    if (S_ISREG(file->about.st_mode))
        answer_opened(self, r, file, path);
    else if (S_ISDIR(file->about.st_mode) && path == r->rest)
        flow__answer_slash(self, r);
    else
        is_not_found(self);
}

void flow_answer_files(flow_gen *self, flow_request *r, const char *directory)
{
    const char *path;
    flow_value box;

    if (is_hidden(r->rest)) {
        is_not_found(self);
        return;
    }
    path = with_index(self, r, r->rest);
    if (path == NULL || !opens(self, directory, path, &box))
        return;
    answer_found(self, r, flow__opened_in(&box), path);
    flow_drop(box);
}

static void files(flow_gen *self, flow_request *r, void *directory)
{
    flow_answer_files(self, r, directory);
}

void flow_site_add_files(flow_site *site, const char *where,
                         const char *directory)
{
    flow_site_add(site, where, files, (void *)(uintptr_t)directory);
}
