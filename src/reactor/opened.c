/* SPDX-License-Identifier: MIT */
/* See opened.h. */
#include "opened.h"

#include "input.h"
#include "path.h"
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

struct opening {
    struct flow__work work;                 /* first                        */
    char *directory, *path;                 /* directory NULL: any          */
    struct flow__opened *file;              /* NULL: it was given           */
    int code;                               /* 0: it is open                */
    bool tried;
};

/* ---- Opening ------------------------------------------------------------- */
static int open_by(int directory, const char *path, uint64_t flags,
                   uint64_t resolve)
{
    struct open_how how = { .flags = flags, .resolve = resolve };

    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

enum { BELOW = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

/* What it cannot promise for the moment it is asked again. -1 and ENOSYS: there
 * is no openat2. */
static int open_below(int directory, const char *path)
{
    int fd = -1;

    errno = EAGAIN;
    for (int tries = 16; tries > 0 && fd < 0 && errno == EAGAIN; tries--)
        fd = open_by(directory, path, FLAGS, BELOW);
    if (fd < 0 && errno == EPERM)           /* by a sandbox older than it   */
        errno = ENOSYS;
    return fd;
}

static void close_quietly(int fd)
{
    int code = errno;

    close(fd);
    errno = code;
}

/* The same on older kernels, name by name; takes the directory. */
static int open_step_by_step(int directory, char *path)
{
    int at = directory;

    while (at >= 0 && *path != '\0') {
        size_t n = strcspn(path, "/");
        bool is_last = path[n] == '\0';
        int next = -1;

        path[n] = '\0';
        errno = EXDEV;
        if (strcmp(path, "..") != 0)
            next = openat(at, path, FLAGS | O_NOFOLLOW
                                    | (is_last ? 0 : O_PATH | O_DIRECTORY));
        close_quietly(at);
        at = next;
        path += n;
        if (!is_last)
            *path++ = '/';
    }
    return at;
}

static int open_in(const char *directory, char *path)
{
    int at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

    if (at < 0)
        return -1;
    fd = open_below(at, path);
    if (fd < 0 && errno == ENOSYS)
        return open_step_by_step(at, path);
    close_quietly(at);
    return fd;
}

/* -1: it takes a thread, if only to learn why not. The kernel has all names on
 * the way in memory, or does not open. */
static int open_cached(const char *directory, const char *path)
{
    int at, fd;

    if (directory == NULL)
        return open_by(AT_FDCWD, path, FLAGS, RESOLVE_CACHED);
    at = open_by(AT_FDCWD, directory, O_PATH | O_DIRECTORY | O_CLOEXEC,
                 RESOLVE_CACHED);
    if (at < 0)
        return -1;
    fd = open_by(at, path, FLAGS, BELOW | RESOLVE_CACHED);
    close(at);
    return fd;
}

static void look_at(struct opening *o, int fd)
{
    if (fd < 0 || fstat(fd, &o->file->about) != 0)
        o->code = errno;
    o->file->fd = fd;
    o->tried = true;
}

static void open_it(struct flow__work *w)
{
    struct opening *o = (struct opening *)w;

    look_at(o, o->directory != NULL ? open_in(o->directory, o->path)
                                    : open(o->path, FLAGS));
}

/* ---- What was opened ----------------------------------------------------- */
static void release(void *p)
{
    struct flow__opened *file = p;

    if (file->fd >= 0)
        close(file->fd);
    flow_free(file, sizeof *file);
}

static const flow_class opened_class = { .name = "file", .release = release };

struct flow__opened *flow__opened_in(const flow_value *box)
{
    return flow_unbox(box, &opened_class);
}

flow_stage *flow__read_part(const struct flow__opened *file, const char *name,
                            uint64_t from, uint64_t size)
{
    flow_value why = flow_none();
    struct flow__input *in = NULL;
    char *copy = flow__path_copy(name, strlen(name));
    int fd = -1;

    if (copy != NULL)
        fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (copy == NULL)
        why = flow_error(FLOW_ENOMEM, 0, "no memory to read %s", name);
    else if (fd < 0)
        why = flow_system_error(errno, "cannot read %s", name);
    if (fd >= 0)
        in = flow__input_new(copy, fd, &why);
    else
        flow__path_free(copy);
    if (in != NULL)
        flow__input_limit(in, from, size);
    return flow_named(flow__input_stage(in, why), "read_part");
}

/* ---- As a stage ---------------------------------------------------------- */
struct opener { struct opening *o; flow_value why; };

static void discard(struct flow__work *w)
{
    struct opening *o = (struct opening *)w;

    if (o->file != NULL)
        release(o->file);
    flow__path_free(o->directory);
    flow__path_free(o->path);
    flow_free(o, sizeof *o);
}

static flow_status give(struct opening *o, flow_stage *out)
{
    struct flow__opened *file = o->file;

    if (o->code != 0)
        return flow_raise_in(out, flow_system_error(o->code, "cannot open %s",
                                                    o->path));
    if (file == NULL)
        return FLOW_DONE;
    o->file = NULL;
    flow_give(out, flow_box(&opened_class, file));
    return FLOW_READY;
}

/* NONE: it is open, or a thread is at it. */
static flow_value begin(struct opening *o)
{
    flow_value why = flow_none();
    int fd;

    if (flow__uv_loop(&why) == NULL)
        return why;
    fd = open_cached(o->directory, o->path);
    if (fd < 0)
        return flow__work_begin(&o->work);
    look_at(o, fd);
    return why;
}

static flow_status opener_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct opener *x = self;
    flow_value why = x->why;

    x->why = flow_none();
    if (x->o == NULL)
        return flow_raise_in(out, why);
    if (!x->o->work.working && !x->o->tried)
        why = begin(x->o);
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    if (!x->o->work.working)
        return give(x->o, out);
    x->o->work.waker = w;
    flow_waits_for(out, w, "a file to be opened");
    return FLOW_WAIT;
}

static void opener_close(void *self)
{
    struct opener *x = self;

    if (x->o != NULL)
        flow__work_leave(&x->o->work);
    flow_drop(x->why);
}

static struct opening *opening_of(const char *directory, const char *path)
{
    struct opening *o = flow_alloc(sizeof *o);

    if (o == NULL)
        return NULL;
    memset(o, 0, sizeof *o);
    o->work.work = open_it;
    o->work.discard = discard;
    o->path = flow__path_copy(path, strlen(path));
    if (directory != NULL)
        o->directory = flow__path_copy(directory, strlen(directory));
    o->file = flow_alloc(sizeof *o->file);
    if (o->file != NULL)
        o->file->fd = -1;
    if (o->path != NULL && o->file != NULL
        && (directory == NULL || o->directory != NULL))
        return o;
    discard(&o->work);
    return NULL;
}

flow_stage *flow__open_file(const char *directory, const char *path)
{
    static const flow_type type = {
        .name = "open_file", .size = sizeof(struct opener),
        .fill = opener_fill, .close = opener_close
    };
    struct opener x = { opening_of(directory, path), flow_none() };

    if (x.o == NULL)
        x.why = flow_error(FLOW_ENOMEM, 0, "no memory to open %s", path);
    return flow_stage_new(&type, &x);
}
