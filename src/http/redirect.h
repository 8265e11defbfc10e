/* SPDX-License-Identifier: MIT */
/* What files ask of redirects. */
#ifndef FLOW_HTTP_REDIRECT_H
#define FLOW_HTTP_REDIRECT_H

#include <flow/http.h>

/* To the same path with a slash behind it. May suspend. */
void flow__answer_slash(flow_gen *self, flow_request *r);

#endif
