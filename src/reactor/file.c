/* SPDX-License-Identifier: MIT */
/* Files, and what is open already, as stages. What a constructor could not make
 * is told by its stage. */
#include "descriptor.h"
#include "output.h"
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <flow/file.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char a_file[] = "the path of a file";

/* ---- Descriptors -------------------------------------------------------- */
/* What errors call it; NULL: no memory. */
static char *name_of(int fd)
{
    static const char *const known[] = {
        "standard input", "standard output", "standard error"
    };
    char name[32];

    snprintf(name, sizeof name, "descriptor %d", fd);
    if (fd >= 0 && fd <= 2)
        snprintf(name, sizeof name, "%s", known[fd]);
    return flow__path_copy(name, strlen(name));
}

/* The name and a descriptor of our own. False: *why says why. */
static bool adopt(int fd, bool to_write, char **name, int *own, flow_value *why)
{
    *name = name_of(fd);
    if (*name == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory for descriptor %d", fd);
        return false;
    }
    *own = flow__descriptor_of(fd, to_write);
    if (*own >= 0)
        return true;
    *why = flow_system_error(errno, "cannot use %s", *name);
    flow__path_free(*name);
    return false;
}

/* ---- Reading ------------------------------------------------------------ */
flow_stage *(flow_read_file)(flow_value path)
{
    flow_value why = flow_none();
    char *name = flow__path_of(path, a_file, &why);
    struct flow__input *in = NULL;

    if (name != NULL)
        in = flow__input_new(name, -1, &why);
    return flow_named(flow__input_stage(in, why), "read_file");
}

flow_stage *(flow_read_fd)(int fd)
{
    flow_value why = flow_none();
    struct flow__input *in = NULL;
    char *name;
    int own;

    if (adopt(fd, false, &name, &own, &why))
        in = flow__input_new(name, own, &why);
    return flow_named(flow__input_stage(in, why), "read_fd");
}

/* ---- Writing ------------------------------------------------------------ */
struct writer {
    flow_stage *source;                     /* first                        */
    struct flow__output *o;
    flow_value why;
};

static flow_status writer_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct writer *x = self;
    flow_value why = x->why;
    flow_status st = FLOW_FAILED;

    x->why = flow_none();
    if (x->o != NULL)
        st = flow__output_write(x->o, x->source, out, w, &why);
    if (st == FLOW_FAILED)
        return flow_raise_in(out, why);
    if (st == FLOW_DONE)
        flow_give(out, flow_int(x->o->written));
    return st;
}

static void writer_close(void *self)
{
    struct writer *x = self;

    flow__output_close(x->o);
    flow_drop(x->why);
}

static flow_stage *write_path(flow_value path, flow_stage *s, int how)
{
    static const flow_type type = {
        .name = "write_file", .size = sizeof(struct writer),
        .fill = writer_fill, .close = writer_close, .inputs = flow_first_input
    };
    struct writer x = { .source = s };
    char *name;

    x.why = flow_none();
    name = flow__path_of(path, a_file, &x.why);
    if (name != NULL)
        x.o = flow__output_new(name, -1, O_WRONLY | O_CREAT | how, &x.why);
    return flow_stage_new(&type, &x);
}

flow_stage *(flow_write_file)(flow_value path, flow_stage *s)
{
    return write_path(path, s, O_TRUNC);
}

flow_stage *(flow_append_file)(flow_value path, flow_stage *s)
{
    return write_path(path, s, O_APPEND);
}

flow_stage *(flow_write_fd)(int fd, flow_stage *s)
{
    static const flow_type type = {
        .name = "write_fd", .size = sizeof(struct writer),
        .fill = writer_fill, .close = writer_close, .inputs = flow_first_input
    };
    struct writer x = { .source = s };
    char *name;
    int own;

    x.why = flow_none();
    if (adopt(fd, true, &name, &own, &x.why))
        x.o = flow__output_new(name, own, 0, &x.why);
    return flow_stage_new(&type, &x);
}
