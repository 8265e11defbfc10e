/* SPDX-License-Identifier: MIT */
/* Commands: an operator whose inside is another process. Whenever it is asked,
 * it first feeds the process, then gives what it has written. */
#include "child.h"
#include "descriptor.h"
#include "output.h"
#include "path.h"

#include <assert.h>
#include <errno.h>
#include <flow/process.h>
#include <string.h>
#include <unistd.h>

const flow_error_class FLOW_ECOMMAND[1] = {{ "CommandError", FLOW_EANY }};

/* A list of C strings, ended by NULL, in one block with them. */
struct words { size_t size; char *at[]; };

struct command {
    flow_stage *source;                     /* first                        */
    struct words *argv, *environment;
    char *directory;
    int errors;                 /* where it writes its errors; -1: to ours  */
    struct flow__child *child;              /* NULL: not started            */
    struct flow__output *in;                /* NULL: needs nothing          */
    struct flow__input *out;                /* NULL: has given all          */
    flow_value why;                         /* it cannot be started         */
};

/* ---- What is to be run -------------------------------------------------- */
static struct words *words_copy(const char *const *list)
{
    size_t n = 0, size = sizeof(struct words) + sizeof(char *);
    struct words *w;
    char *to;

    for (; list[n] != NULL; n++)
        size += sizeof(char *) + strlen(list[n]) + 1;
    w = flow_alloc(size);
    if (w == NULL)
        return NULL;
    w->size = size;
    to = (char *)&w->at[n + 1];
    for (size_t i = 0; i < n; i++) {
        w->at[i] = to;
        to = stpcpy(to, list[i]) + 1;
    }
    w->at[n] = NULL;
    return w;
}

static void words_free(struct words *w)
{
    if (w != NULL)
        flow_free(w, w->size);
}

static flow_value copy_plan(struct command *c, const char *const *argv,
                            const flow_command_options *o)
{
    bool has_directory = o != NULL && o->directory != NULL;
    bool has_environment = o != NULL && o->environment != NULL;

    if (argv == NULL || argv[0] == NULL)
        return flow_error(FLOW_EINVAL, 0, "a command needs at least its name");
    c->argv = words_copy(argv);
    if (has_directory)
        c->directory = flow__path_copy(o->directory, strlen(o->directory));
    if (has_environment)
        c->environment = words_copy(o->environment);
    if (c->argv == NULL || (has_directory && c->directory == NULL)
        || (has_environment && c->environment == NULL))
        return flow_error(FLOW_ENOMEM, 0, "no memory to run '%s'", argv[0]);
    return flow_none();
}

/* ---- Starting ----------------------------------------------------------- */
/* "the input of 'sort'"; NULL: no memory. */
static char *name_of(const char *part, const char *command)
{
    size_t n = strlen(part) + strlen(command) + sizeof " of ''";
    char *name = flow_alloc(n);

    if (name != NULL)
        snprintf(name, n, "%s of '%s'", part, command);
    return name;
}

/* A pipe whose one end, ours, has that name. False: *why says why. */
static bool make_pipe(const struct command *c, const char *part, bool we_write,
                      char **name, int *ours, int *theirs, flow_value *why)
{
    *name = name_of(part, c->argv->at[0]);
    if (*name == NULL) {
        *why = flow_error(FLOW_ENOMEM, 0, "no memory to run '%s'",
                          c->argv->at[0]);
        return false;
    }
    if (flow__descriptor_pipe(ours, theirs, we_write))
        return true;
    *why = flow_system_error(errno, "cannot make a pipe for '%s'",
                             c->argv->at[0]);
    flow__path_free(*name);
    return false;
}

/* Our end of a pipe that it writes to, and theirs. NULL: *why says why. */
static struct flow__input *pipe_from(const struct command *c, const char *part,
                                     int *theirs, flow_value *why)
{
    struct flow__input *in;
    char *name;
    int ours;

    if (!make_pipe(c, part, false, &name, &ours, theirs, why))
        return NULL;
    in = flow__input_new(name, ours, why);
    if (in == NULL)
        close(*theirs);
    return in;
}

static struct flow__output *pipe_to(const struct command *c, int *theirs,
                                    flow_value *why)
{
    struct flow__output *out;
    char *name;
    int ours;

    if (!make_pipe(c, "the input", true, &name, &ours, theirs, why))
        return NULL;
    out = flow__output_new(name, ours, 0, why);
    if (out == NULL)
        close(*theirs);
    return out;
}

static struct flow__child *start_with(const struct command *c, int in, int out,
                                      flow_value *why)
{
    uv_stdio_container_t stdio[3] = {
        { .flags = in >= 0 ? UV_INHERIT_FD : UV_IGNORE, .data.fd = in },
        { .flags = UV_INHERIT_FD, .data.fd = out },
        { .flags = UV_INHERIT_FD, .data.fd = c->errors >= 0 ? c->errors : 2 }
    };
    uv_process_options_t o = {
        .file = c->argv->at[0], .args = c->argv->at, .cwd = c->directory,
        .env = c->environment != NULL ? c->environment->at : NULL,
        .stdio = stdio, .stdio_count = 3
    };

    return flow__child_start(&o, why);
}

static void close_errors(struct command *c)
{
    if (c->errors >= 0)
        close(c->errors);
    c->errors = -1;
}

static bool has_pipes(struct command *c, int *in, int *out, flow_value *why)
{
    if (c->source != NULL) {
        c->in = pipe_to(c, in, why);
        if (c->in == NULL)
            return false;
    }
    c->out = pipe_from(c, "the output", out, why);
    return c->out != NULL;
}

/* NONE, or why not. */
static flow_value start(struct command *c)
{
    flow_value why = flow_none();
    int in = -1, out = -1;

    if (has_pipes(c, &in, &out, &why)) {
        c->child = start_with(c, in, out, &why);
        close(out);
    }
    if (in >= 0)
        close(in);
    close_errors(c);
    return why;
}

/* ---- The stage ---------------------------------------------------------- */
/* It needs nothing more. */
static void stop_feeding(struct command *c)
{
    flow_stage *source = c->source;

    flow__output_close(c->in);
    c->in = NULL;
    c->source = NULL;
    flow_close(source);
}

/* NONE, or a failure of the source. */
static flow_value feed(struct command *c, flow_stage *out, flow_waker *w)
{
    flow_value why = flow_none();
    flow_status st = flow__output_write(c->in, c->source, out, w, &why);

    if (st == FLOW_FAILED && c->in->lost && c->in->code == EPIPE) {
        flow_drop(why);
        why = flow_none();
    }
    if (st != FLOW_WAIT)
        stop_feeding(c);
    if (flow_is_failure(why)) {
        flow__child_leave(c->child);
        c->child = NULL;
    }
    return why;
}

static flow_status verdict(const struct command *c, flow_stage *out)
{
    int status = c->child->status;
    const char *name = c->argv->at[0];

    if (status == 0)
        return FLOW_DONE;
    return flow_raise_in(out, status > 0
        ? flow_error(FLOW_ECOMMAND, status, "'%s' ended with status %d", name,
                     status)
        : flow_error(FLOW_ECOMMAND, status, "'%s' was ended by a signal: %s",
                     name, strsignal(-status)));
}

static flow_status command_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct command *c = self;
    flow_value why = c->why;

    c->why = flow_none();
    if (!flow_is_failure(why) && c->child == NULL)
        why = start(c);
    if (!flow_is_failure(why) && c->in != NULL)
        why = feed(c, out, w);
    if (flow_is_failure(why))
        return flow_raise_in(out, why);
    if (c->out != NULL) {
        flow_status st = flow__input_read(c->out, out, w);

        if (st != FLOW_DONE)
            return st;
        flow__input_close(c->out);
        c->out = NULL;
    }
    assert(c->child != NULL);
    if (c->child->ended)
        return verdict(c, out);
    flow__child_wait(c->child, w);
    flow_waits_for(out, w, "a command to end");
    return FLOW_WAIT;
}

static void command_close(void *self)
{
    struct command *c = self;

    flow__output_close(c->in);
    flow__input_close(c->out);
    flow__child_leave(c->child);
    close_errors(c);
    words_free(c->argv);
    words_free(c->environment);
    flow__path_free(c->directory);
    flow_drop(c->why);
}

static flow_stage *errors_of(struct command *c)
{
    struct flow__input *in = NULL;
    flow_value why = flow_share(c->why);

    if (c->argv != NULL && !flow_is_failure(why))
        in = pipe_from(c, "the errors", &c->errors, &why);
    if (in == NULL) {
        flow_drop(c->why);
        c->why = flow_share(why);
    }
    return flow_named(flow__input_stage(in, why), "errors");
}

flow_stage *(flow_command)(const char *const *argv, flow_stage *s,
                           const flow_command_options *o)
{
    static const flow_type type = {
        .name = "command", .size = sizeof(struct command),
        .fill = command_fill, .close = command_close,
        .inputs = flow_first_input
    };
    struct command c = { .source = s, .errors = -1 };

    c.why = copy_plan(&c, argv, o);
    if (o != NULL && o->errors != NULL)
        *o->errors = errors_of(&c);
    return flow_stage_new(&type, &c);
}
