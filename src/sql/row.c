/* SPDX-License-Identifier: MIT */
/* Rows as their readers see them. See call.h for where the names are. */
#include "base/value.h"

#include <flow/sql.h>

#include <string.h>

const flow_value *flow_columns(const flow_value *row)
{
    const struct flow__list *l;

    if (row == NULL || row->kind != FLOW_TUPLE)
        return NULL;
    l = flow__list_of(row);
    return l->size == (size_t)row->size + 1 ? &l->items[row->size] : NULL;
}

const flow_value *flow_column(const flow_value *row, const char *name)
{
    const flow_value *columns = flow_columns(row), *names;
    size_t n, len = strlen(name);

    if (columns == NULL)
        return NULL;
    names = flow_items(columns, &n);
    for (size_t i = 0; i < n; i++)
        if (names[i].size == len
            && memcmp(flow_chars(&names[i], NULL), name, len) == 0)
            return &flow_items(row, NULL)[i];
    return NULL;
}
