/* SPDX-License-Identifier: MIT */
/* See words.h. */
#include "words.h"

#include <flow/fetch.h>
#include <flow/reactor.h>

#include <netdb.h>
#include <string.h>

const flow_error_class FLOW_EFETCH[1] = {{ "FetchError", FLOW_EANY }};
const flow_error_class FLOW_ESTATUS[1] = {{ "StatusError", FLOW_EFETCH }};
const flow_error_class FLOW_EBUSY[1] = {{ "BusyError", FLOW_ESTATUS }};
const flow_error_class FLOW_EUNTRUSTED[1] = {{ "UntrustedError", FLOW_EFETCH }};

/* ---- URLs ---------------------------------------------------------------- */
static char *shown(CURLU *u, const char *url, CURLUcode *wrong)
{
    char *text = NULL;

    *wrong = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (*wrong == CURLUE_OK)
        *wrong = curl_url_set(u, CURLUPART_USER, NULL, 0);
    if (*wrong == CURLUE_OK)
        *wrong = curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
    if (*wrong == CURLUE_OK)
        *wrong = curl_url_get(u, CURLUPART_URL, &text, 0);
    return text;
}

/* What is wrong is shown as far as no password can stand there. */
static const char *behind_password(const char *url)
{
    const char *at = strrchr(url, '@');

    return at != NULL ? at + 1 : url;
}

char *flow__url_shown(const char *url, flow_value *why)
{
    CURLU *u = curl_url();
    CURLUcode wrong = CURLUE_OUT_OF_MEMORY;
    char *text = u != NULL ? shown(u, url, &wrong) : NULL;

    curl_url_cleanup(u);
    if (wrong == CURLUE_OK)
        return text;
    *why = wrong == CURLUE_OUT_OF_MEMORY
        ? flow_error(FLOW_ENOMEM, 0, "no memory to fetch")
        : flow_error(FLOW_EINVAL, 0, "'%s' is no URL to fetch, as "
                     "https://example.org/ is: %s", behind_password(url),
                     curl_url_strerror(wrong));
    return NULL;
}

/* ---- Failures ------------------------------------------------------------ */
static flow_value untrusted(CURL *easy, const char *url, const char *words)
{
    long wrong = 0;

    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &wrong);
    return flow_error(FLOW_EUNTRUSTED, (int)wrong, "cannot fetch %s: its "
                      "certificate is not believed: %s; whom to believe, the "
                      "option `authorities` says", url, words);
}

flow_value flow__fetch_words(CURL *easy, CURLcode code, const char *url,
                             const char *words)
{
    if (*words == '\0')
        words = curl_easy_strerror(code);
    /* Not all of its codes are worth a word of ours. */
    if (code == CURLE_OUT_OF_MEMORY)
        return flow_error(FLOW_ENOMEM, 0, "no memory to fetch %s", url);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return flow_error(FLOW_ETIMEOUT, 0, "cannot fetch %s: %s", url, words);
    if (code == CURLE_COULDNT_RESOLVE_HOST
        || code == CURLE_COULDNT_RESOLVE_PROXY)
        return flow_error(FLOW_ERESOLVE, EAI_FAIL, "cannot fetch %s: %s", url,
                          words);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return untrusted(easy, url, words);
    if (code == CURLE_SEND_FAIL_REWIND)
        return flow_error(FLOW_EFETCH, (int)code, "cannot fetch %s: its peer "
                          "wants to have the upload once more, elsewhere or "
                          "after its connection was lost: make it anew", url);
    return flow_error(FLOW_EFETCH, (int)code, "cannot fetch %s: %s", url,
                      words);
}
