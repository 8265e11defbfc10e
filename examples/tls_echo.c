/* SPDX-License-Identifier: MIT */
/* An echo in TLS, and who may speak to it. The server's certificate is signed
 * by an authority of our own; a client that trusts it is answered, one that
 * trusts only the system's is not, and neither is one that means another host.
 *
 * No socket is needed: a protocol makes of what one side sends what that side
 * gets, and so does a connection. With flow_serve("0.0.0.0:7777", secured, ...)
 * and a dialer that calls flow_connect it is the same over a network. */
#include <flow/tls.h>

static flow_stage *echo(flow_stage *received, void *arg)
{
    (void)arg;
    return received;
}

static flow_stage *secured(flow_stage *received, void *tls)
{
    return flow_tls_accept(received, tls, echo, NULL);
}

static void say(const char *what, const char *host, flow_tls *client,
                flow_tls *server)
{
    flow_stage *answer = flow_tls_connect(host, flow_once(flow_of(what)),
                                          client, secured, server);

    printf("%s\n    ", what);
    for (flow_value v; flow_block(answer, &v);)
        flow_print(stdout, v);
    if (flow_failure(answer) != NULL)
        printf("%s\n", flow_message(flow_failure(answer)));
    flow_close(answer);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "tls_echo CHAIN KEY AUTHORITY, files in PEM\n");
        return 2;
    }

    flow_tls *server = flow_tls_server(&(flow_tls_options){
        .chain = argv[1], .key = argv[2]
    });
    flow_tls *friend = flow_tls_client(&(flow_tls_options){
        .authorities = argv[3]
    });
    flow_tls *stranger = flow_tls_client(NULL);

    say("hello, it is me", "localhost", friend, server);
    say("hello, do I know you?", "localhost", stranger, server);
    say("hello, example.org?", "example.org", friend, server);

    flow_tls_release(stranger);
    flow_tls_release(friend);
    flow_tls_release(server);
    return 0;
}
