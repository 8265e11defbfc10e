/* SPDX-License-Identifier: MIT */
/* See path.h. */
#include "path.h"

#include <string.h>

char *flow__path_copy(const char *path, size_t len)
{
    char *copy = flow_alloc(len + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, path, len);
    copy[len] = '\0';
    return copy;
}

void flow__path_free(char *path)
{
    if (path != NULL)
        flow_free(path, strlen(path) + 1);
}

char *flow__path_of(flow_value name, const char *what, flow_value *why)
{
    size_t len = 0;
    const char *chars = flow_chars(&name, &len);
    char *copy = NULL;

    if (flow_is_failure(name)) {
        *why = name;
        return NULL;
    }
    if (chars == NULL || len == 0 || memchr(chars, '\0', len) != NULL) {
        *why = flow_error(FLOW_EINVAL, 0, "%s must be a text, not empty and "
                          "without a byte 0", what);
    } else {
        copy = flow__path_copy(chars, len);
        if (copy == NULL)
            *why = flow_error(FLOW_ENOMEM, 0, "no memory for %s", what);
    }
    flow_drop(name);
    return copy;
}
