/* SPDX-License-Identifier: MIT */
/* What libcurl's failures are called here. */
#ifndef FLOW_FETCH_WORDS_H
#define FLOW_FETCH_WORDS_H

#include <flow/flow.h>

#include <curl/curl.h>

/* A URL without user and password, to be given back with curl_free. NULL: it is
 * none, and *why says why; or there was no memory. */
char *flow__url_shown(const char *url, flow_value *why);

/* The error of a transfer of that URL, as it is shown; `words` are libcurl's
 * own, or "". */
flow_value flow__fetch_words(CURL *easy, CURLcode code, const char *url,
                             const char *words);

#endif
