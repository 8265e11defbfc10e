/* SPDX-License-Identifier: MIT */
/* What is asked for, as options of libcurl. */
#ifndef FLOW_FETCH_REQUEST_H
#define FLOW_FETCH_REQUEST_H

#include "transfer.h"

#include <flow/fetch.h>

/* The transfer that fetches that URL; uploads: a body will be fed to it. NULL:
 * *why says why there is none. */
struct flow__transfer *flow__request(const char *url,
                                     const flow_fetch_options *o, bool uploads,
                                     flow_value *why);

#endif
