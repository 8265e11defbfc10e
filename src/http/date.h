/* SPDX-License-Identifier: MIT */
/* Seconds since 1970 as HTTP and logs write them: not by strftime, which would
 * speak the language of the program. */
#ifndef FLOW_HTTP_DATE_H
#define FLOW_HTTP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { FLOW__DATE = 64 };           /* bytes of one, at most, with its end  */

void flow__date_write(char to[FLOW__DATE], time_t when);
void flow__date_write_for_log(char to[FLOW__DATE], time_t when);

/* Reads all three ways in which HTTP writes a date, and nothing like them. */
bool flow__date_read(const char *s, time_t *out);

#endif
