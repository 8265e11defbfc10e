/* SPDX-License-Identifier: MIT */
/* A page of which a part comes at once, and the rest after two seconds. The
 * generator waits in the middle of its body; the server does not.
 *
 *     /delayed */
#include "web.h"

void delayed_page(flow_gen *self, flow_request *r, void *arg)
{
    (void)arg;
    begin_page(self, r, "Immediate, delayed");
    flow_yield(self, "<p class=\"step\">immediate</p>\n");
    flow_cooperate(self, 2);
    flow_yield(self, "<p class=\"step\">delayed</p>\n");
    end_page(self);
}
