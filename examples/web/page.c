/* SPDX-License-Identifier: MIT */
/* What the pages share: how they begin and end, and numbers in their queries.
 */
#include "web.h"

#include <stdlib.h>
#include <string.h>

bool begin_page(flow_gen *self, flow_request *r, const char *title)
{
    flow_answer_header(r, "Cache-Control", "no-store");
    return flow_yield(self, flow_textf(
        "<!doctype html>\n"
        "<html lang=\"en\">\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>%s - flow</title>\n"
        "<link rel=\"icon\" href=\"/flow.svg\">\n"
        "<link rel=\"stylesheet\" href=\"/style.css\">\n"
        "<body class=\"page\">\n"
        "<main>\n"
        "<nav><a href=\"/\">flow</a></nav>\n"
        "<h1>%s</h1>\n", title, title));
}

void end_page(flow_gen *self)
{
    flow_yield(self, "<p class=\"end\">The page is complete.</p>\n"
                     "</main>\n");
}

bool number_argument(flow_gen *self, flow_request *r, const char *name,
                     long most, long *n)
{
    const char *given = flow_request_argument(r, name);
    size_t digits = given != NULL ? strspn(given, "0123456789") : 0;

    if (given == NULL)
        return true;
    *n = strtol(given, NULL, 10);
    if (digits > 0 && digits < 19 && given[digits] == '\0' && *n <= most)
        return true;
    flow_fail(self, FLOW_EHTTP, 400, "%s must be a number from 0 to %ld", name,
              most);
    return false;
}
