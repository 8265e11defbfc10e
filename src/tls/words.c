/* SPDX-License-Identifier: MIT */
/* See words.h. */
#include "words.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

const flow_error_class FLOW_ETLS[1] = {{ "TLS", FLOW_EANY }};
const flow_error_class FLOW_ECERTIFICATE[1] = {{ "Certificate", FLOW_ETLS }};

struct advice { int code; const char *says; };

#define UNKNOWN_AUTHORITY                                                    \
    "nobody who is trusted here has signed it: if you know it to be right, " \
    "give its authority as .authorities"

static const struct advice on_certificates[] = {
    { X509_V_ERR_CERT_HAS_EXPIRED,
      "its owner must renew it, unless the clock here is wrong" },
    { X509_V_ERR_CERT_NOT_YET_VALID,
      "wait, unless the clock here is wrong" },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      "if you know it to be right, give it as .authorities" },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, UNKNOWN_AUTHORITY },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, UNKNOWN_AUTHORITY
      ", and let the peer send its chain whole" },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, UNKNOWN_AUTHORITY
      ", and let the peer send its chain whole" },
    { X509_V_ERR_INVALID_PURPOSE,
      "it was not made for this side of a connection" },
};

static const struct advice on_handshakes[] = {
    { SSL_R_WRONG_VERSION_NUMBER, "the peer does not speak TLS here" },
    { SSL_R_HTTP_REQUEST, "the peer speaks HTTP without TLS" },
    { SSL_R_UNSUPPORTED_PROTOCOL, "the peer must speak TLS 1.2 or newer" },
    { SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
      "the peer does not speak TLS 1.2 or newer" },
    { SSL_R_NO_SHARED_CIPHER,
      "the peer knows no cipher that goes with our certificate" },
    { SSL_R_NO_APPLICATION_PROTOCOL,
      "the peer speaks none of our .protocols" },
    { SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL,
      "the peer speaks none of our .protocols" },
    { SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
      "the peer must show a certificate of our .authorities" },
    { SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
      "the peer wants a certificate: give .chain and .key" },
    { SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
      "the peer accepts nothing that we offer, or wants a certificate" },
    { SSL_R_TLSV1_ALERT_UNKNOWN_CA,
      "the peer does not trust who has signed our certificate" },
    { SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
      "the peer does not believe our certificate" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
      "the peer does not believe our certificate" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
      "our certificate must be renewed" },
    { SSL_R_TLSV1_UNRECOGNIZED_NAME,
      "the peer does not serve a host of that name" },
};

/* "", or the advice behind a separator. */
static const char *advice_on(const struct advice *list, size_t n, int code,
                             const char **separator)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].code == code) {
            *separator = "; ";
            return list[i].says;
        }
    *separator = "";
    return "";
}

const char *flow__openssl_says(int *code)
{
    unsigned long first = ERR_get_error();
    const char *says = ERR_reason_error_string(first);

    *code = ERR_GET_REASON(first);
    ERR_clear_error();
    return says != NULL ? says : "OpenSSL gives no reason";
}

/* ---- Whose certificate it is --------------------------------------------- */
static void name_as_text(const GENERAL_NAME *name, char *text, size_t size)
{
    const unsigned char *data;
    int type;
    const ASN1_STRING *s = GENERAL_NAME_get0_value(name, &type);

    if (type != GEN_DNS && type != GEN_IPADD)
        return;
    data = ASN1_STRING_get0_data(s);
    if (type == GEN_DNS)
        snprintf(text, size, "%.*s", ASN1_STRING_length(s),
                 (const char *)data);
    else if (ASN1_STRING_length(s) == 4 || ASN1_STRING_length(s) == 16)
        inet_ntop(ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6, data, text,
                  (socklen_t)size);
}

/* The names that fit, by commas. */
static void names_of(X509 *peer, char *text, size_t size)
{
    GENERAL_NAMES *names = peer == NULL ? NULL
        : X509_get_ext_d2i(peer, NID_subject_alt_name, NULL, NULL);
    size_t at = 0;

    text[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        char name[256] = "";

        name_as_text(sk_GENERAL_NAME_value(names, i), name, sizeof name);
        if (name[0] != '\0' && at + strlen(name) + sizeof ", " < size)
            at += (size_t)snprintf(text + at, size - at, "%s%s",
                                   at > 0 ? ", " : "", name);
    }
    GENERAL_NAMES_free(names);
}

static flow_value wrong_host(X509 *peer, const char *with, int code)
{
    char names[512];

    names_of(peer, names, sizeof names);
    return flow_error(FLOW_ECERTIFICATE, code, "TLS with %s: %s; the peer's "
                      "certificate is for %s", with,
                      X509_verify_cert_error_string(code),
                      names[0] != '\0' ? names : "no host");
}

/* ---- Why it failed ------------------------------------------------------- */
static flow_value not_believed(X509 *peer, const char *with, int code)
{
    const char *separator, *advice = advice_on(
        on_certificates, sizeof on_certificates / sizeof *on_certificates,
        code, &separator);

    if (code == X509_V_ERR_HOSTNAME_MISMATCH
        || code == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return wrong_host(peer, with, code);
    return flow_error(FLOW_ECERTIFICATE, code, "TLS with %s: the peer's "
                      "certificate is not believed: %s%s%s", with,
                      X509_verify_cert_error_string(code), separator, advice);
}

flow_value flow__tls_words(SSL *ssl, const char *with, X509 *peer)
{
    long verified = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;
    int code;
    const char *separator, *advice, *says = flow__openssl_says(&code);

    if (code == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
        return not_believed(peer, with, (int)verified);
    if (code == ERR_R_MALLOC_FAILURE)
        return flow_error(FLOW_ENOMEM, 0, "TLS with %s: out of memory", with);
    advice = advice_on(on_handshakes,
                       sizeof on_handshakes / sizeof *on_handshakes, code,
                       &separator);
    return flow_error(FLOW_ETLS, code, "TLS with %s: %s%s%s", with, says,
                      separator, advice);
}
