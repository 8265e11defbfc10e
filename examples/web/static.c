/* SPDX-License-Identifier: MIT */
/* The files of the index page: what is not made by a program.
 *
 *     /    /style.css */
#include "web.h"

void static_page(flow_gen *self, flow_request *r, void *directory)
{
    flow_answer_header(r, "Cache-Control", "no-cache");
    flow_answer_files(self, r, directory);
}
