/* SPDX-License-Identifier: MIT */
/* A directory, read by libuv's threads, some entries at a time. They lie in one
 * block, each as a C string. */
#include "path.h"
#include "work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <flow/file.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
    struct flow__work work;                 /* first                        */
    char *path;
    DIR *dir;
    int code;
    bool ended;
    size_t at, end;                         /* entries not yet given        */
    char names[8192];
};

struct directory { struct listing *l; flow_value why; };

/* "/" of the longest name and its end. */
enum { LONGEST = NAME_MAX + 2 };

/* ---- In a thread -------------------------------------------------------- */
static bool is_directory(struct listing *l, const struct dirent *e)
{
    struct stat s;

    if (e->d_type != DT_UNKNOWN)
        return e->d_type == DT_DIR;
    return fstatat(dirfd(l->dir), e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISDIR(s.st_mode);
}

static void add_name(struct listing *l, const struct dirent *e)
{
    size_t n = strlen(e->d_name);

    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
        return;
    memcpy(l->names + l->end, e->d_name, n);
    l->end += n;
    if (is_directory(l, e))
        l->names[l->end++] = '/';
    l->names[l->end++] = '\0';
}

static void read_names(struct flow__work *w)
{
    struct listing *l = (struct listing *)w;

    if (l->dir == NULL)
        l->dir = opendir(l->path);
    if (l->dir == NULL) {
        l->code = errno;
        return;
    }
    while (l->code == 0 && !l->ended && sizeof l->names - l->end >= LONGEST) {
        const struct dirent *e;

        errno = 0;
        e = readdir(l->dir);
        if (e != NULL)
            add_name(l, e);
        else
            l->code = errno;
        l->ended = e == NULL;
    }
}

/* ---- The stage ---------------------------------------------------------- */
static void discard(struct flow__work *w)
{
    struct listing *l = (struct listing *)w;

    if (l->dir != NULL)
        closedir(l->dir);
    flow__path_free(l->path);
    flow_free(l, sizeof *l);
}

static flow_status give_names(struct listing *l, flow_stage *out)
{
    const char *slash = l->path[strlen(l->path) - 1] == '/' ? "" : "/";

    for (size_t room = flow_room(out); room > 0 && l->at < l->end; room--) {
        const char *name = l->names + l->at;

        l->at += strlen(name) + 1;
        flow_give(out, flow_textf("%s%s%s", l->path, slash, name));
    }
    return FLOW_READY;
}

static flow_status read_more(struct listing *l, flow_stage *out, flow_waker *w)
{
    flow_value why = flow_none();

    if (!l->work.working) {
        l->at = l->end = 0;
        why = flow__work_begin(&l->work);
    }
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    l->work.waker = w;
    flow_waits_for(out, w, "a directory to be read");
    return FLOW_WAIT;
}

static flow_status directory_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct directory *d = self;
    struct listing *l = d->l;
    flow_value why = d->why;

    d->why = flow_none();
    if (l == NULL)
        return flow_raise_in(out, why);
    if (l->work.working)
        return read_more(l, out, w);
    if (l->at < l->end)
        return give_names(l, out);
    if (l->code != 0)
        return flow_raise_in(out, flow_system_error(l->code, "cannot list %s",
                                                    l->path));
    return l->ended ? FLOW_DONE : read_more(l, out, w);
}

static void directory_close(void *self)
{
    struct directory *d = self;

    if (d->l != NULL)
        flow__work_leave(&d->l->work);
    flow_drop(d->why);
}

/* NULL: *why says why. */
static struct listing *listing_new(flow_value path, flow_value *why)
{
    char *name = flow__path_of(path, "the path of a directory", why);
    struct listing *l;

    if (name == NULL)
        return NULL;
    l = flow_alloc(sizeof *l);
    if (l == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to list %s", name);
        flow__path_free(name);
        return NULL;
    }
    memset(l, 0, offsetof(struct listing, names));
    l->work.work = read_names;
    l->work.discard = discard;
    l->path = name;
    return l;
}

flow_stage *(flow_list_directory)(flow_value path)
{
    static const flow_type type = {
        .name = "list_directory", .size = sizeof(struct directory),
        .fill = directory_fill, .close = directory_close
    };
    struct directory d = { NULL, { .kind = FLOW_NONE } };

    d.l = listing_new(path, &d.why);
    return flow_stage_new(&type, &d);
}
