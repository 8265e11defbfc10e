/* SPDX-License-Identifier: MIT */
/* Random numbers, each after a pause of its own: as many browsers as like see
 * theirs grow at the same time.
 *
 *     /random?count=30
 *
 * This is the page of the manual of Twisted's flow (2003). The pause before a
 * number is the number: 0.45678 comes after as many seconds. */
#include "web.h"

#include <stdlib.h>

void random_page(flow_gen *self, flow_request *r, void *arg)
{
    long count = 30;

    (void)arg;
    if (!number_argument(self, r, "count", 10000, &count)
        || !begin_page(self, r, "Random numbers"))
        return;
    flow_yield(self, flow_textf("<p>%ld random numbers:</p>\n"
                                "<ol class=\"numbers\">\n", count));
    while (count-- > 0) {
        double number = drand48();

        flow_cooperate(self, number);
        if (!flow_yield(self, flow_textf("<li>%05.0f</li>\n", number * 99999)))
            return;
    }
    flow_yield(self, "</ol>\n");
    end_page(self);
}
