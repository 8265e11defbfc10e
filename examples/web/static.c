/* SPDX-License-Identifier: MIT */
/* The files of the index page: what is not made by a program.
 *
 *     /    /static/style.css */
#include "web.h"

#include <flow/file.h>
#include <string.h>

static const struct { const char *name, *type; } files[] = {
    { "index.html", "text/html; charset=utf-8" },
    { "index.js", "text/javascript; charset=utf-8" },
    { "style.css", "text/css; charset=utf-8" },
    { "flow.svg", "image/svg+xml" }
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0)
            return files[i].type;
    return NULL;
}

void static_page(flow_gen *self, flow_request *r, void *name)
{
    const char *file = name != NULL ? name : flow_request_rest(r);
    const char *type = type_of(file);
    flow_stage *pieces;
    flow_value v;

    if (type == NULL) {
        flow_fail(self, FLOW_EHTTP, 404, "there is no such file");
        return;
    }
    flow_answer_header(r, "Content-Type", "%s", type);
    flow_answer_header(r, "Cache-Control", "no-cache");
    pieces = flow_read_file(flow_textf("%s/%s", STATIC, file));
    while (flow_next(self, pieces, &v) && flow_yield(self, v))
        ;
    flow_close(pieces);
}
