/* SPDX-License-Identifier: MIT */
/* TLS with a stranger: OpenSSL's own client and server, as programs. */
#include "harness_inside.h"
#include "net_harness.h"
#include "tls_harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/flow-tls-XXXXXX";
static const char *openssl_options;

static void write_file(const char *name, const char *text)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    MUST(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void remove_files(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -r %s", folder);
    MUST(system(command) == 0);
}

/* What it prints first must be `text`. */
static bool prints(const char *command, const char *text)
{
    char line[256] = "";
    FILE *f = popen(command, "r");
    size_t n = f != NULL ? fread(line, 1, sizeof line - 1, f) : 0;

    line[n] = '\0';
    if (strcmp(line, text) != 0)
        fprintf(stderr, "%s\nprinted: %s\n", command, line);
    return f != NULL && pclose(f) >= 0 && strcmp(line, text) == 0;
}

static bool s_client_talks(int port)
{
    char command[512];

    snprintf(command, sizeof command, "printf 'one\\nbye\\n' | timeout 20 "
             "openssl s_client -connect " HERE ":%d -CAfile %s/authority.pem "
             "-verify_return_error -verify_hostname localhost -quiet %s "
             "2>/dev/null", port, folder, openssl_options);
    return prints(command, "<one><bye>");
}

TEST(openssl_s_client_talks_to_our_service)
{
    static const char *const options[] = {
        "-tls1_3", "-tls1_2",
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
    };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct sides s = sides();
        int port;
        flow_deferred *service;

        s.protocol = brackets;
        service = serving(secured, &s, &port);
        openssl_options = options[i];
        CHECK(with_peer(s_client_talks, port));
        served(service);
        part(&s);
    }
}

static bool old_s_client_is_refused(int port)
{
    char command[512];

    snprintf(command, sizeof command, "echo one | timeout 20 openssl s_client "
             "-connect " HERE ":%d -tls1_1 -cipher DEFAULT@SECLEVEL=0 -quiet "
             "2>&1 | grep -o 'alert protocol version' | head -n 1", port);
    return prints(command, "alert protocol version\n");
}

enum { PATIENCE = 10 };                     /* seconds                      */

static bool is_reported(void)
{
    return reports()[0] != '\0';
}

TEST(what_is_older_than_tls_1_2_is_refused)
{
    struct sides s = sides();
    int port;
    flow_deferred *service;

    s.protocol = brackets;
    service = serving(secured, &s, &port);
    CHECK(with_peer(old_s_client_is_refused, port));
    run_for(PATIENCE, is_reported);
    CHECK(strstr(reports(), "unsupported protocol; the peer must speak TLS 1.2 "
                            "or newer") != NULL);
    reports();
    served(service);
    part(&s);
}

/* Ends when it has served one connection. Its port. */
static int s_server_begins(FILE **out)
{
    char command[512], line[256];
    int port = 0;

    snprintf(command, sizeof command, "timeout 20 openssl s_server -accept "
             HERE ":0 -cert %s/localhost.pem -key %s/localhost.key -rev "
             "-naccept 1 %s 2>/dev/null", folder, folder, openssl_options);
    *out = popen(command, "r");
    while (*out != NULL && port == 0 && fgets(line, sizeof line, *out) != NULL)
        sscanf(line, "ACCEPT " HERE ":%d", &port);
    return port;
}

static flow_stage *dial(flow_stage *sent, void *port)
{
    return connecting(*(int *)port, sent);
}

TEST(our_client_talks_to_openssl_s_server)
{
    static const char *const options[] = { "-tls1_3", "-tls1_2" };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct sides s = sides();
        FILE *server;
        int port;

        openssl_options = options[i];
        port = s_server_begins(&server);
        flow_host_use(flow_uv_host());
        hears("olleh\n", flow_take(flow_tls_connect(
            "localhost", flow_concat(FLOW_STAGES(saying("hello\n"), never())),
            s.client, dial, &port), 1));
        flow_uv_close();
        pclose(server);
        part(&s);
    }
}

int main(void)
{
    static const struct test tests[] = {
        CASE(openssl_s_client_talks_to_our_service),
        CASE(what_is_older_than_tls_1_2_is_refused),
        CASE(our_client_talks_to_openssl_s_server),
    };
    int status;

    harness_begin();
    MUST(mkdtemp(folder) != NULL);
    write_file("authority.pem", identity(AUTHORITY)->chain);
    write_file("localhost.pem", identity(LOCALHOST)->chain);
    write_file("localhost.key", identity(LOCALHOST)->key);
    status = run_processes("tls_strangers", tests,
                           sizeof tests / sizeof *tests);
    remove_files();
    flow_trim();
    return status;
}
