/* SPDX-License-Identifier: MIT */
/* A folder of its own for a test program, beside it, where it then is. */
#ifndef FLOW_TEST_FOLDER_H
#define FLOW_TEST_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

void make_folder(void);
void remove_folder(void);                   /* with all that is in it       */

void put(const char *name, const char *text, size_t n);
bool holds(const char *name, const char *text);

#endif
