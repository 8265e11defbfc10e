/* SPDX-License-Identifier: MIT */
/* TLS between a client and a server in memory: what is said arrives, and what
 * is wrong is told, to whom it concerns and in words. */
#include "tls_harness.h"

#include "tls/session.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

/* ---- Talking ------------------------------------------------------------ */
TEST(a_protocol_in_tls_does_what_it_does_in_the_clear)
{
    struct sides s = sides();

    expect("<one><two>", joined(brackets(saying("one\ntwo\n"), NULL)));
    expect("<one><two>", joined(speak(&s, saying("one\ntwo\n"), brackets,
                                       NULL)));
    part(&s);
}

TEST(several_pieces_and_text_and_bytes_are_sent_in_order)
{
    struct sides s = sides();

    expect("one, two, 3", joined(speak(&s, flow_list(FLOW_VALUES(
        "one", flow_bytes(", two", 5), "", ", ", flow_textf("%d", 3))), echo,
        NULL)));
    part(&s);
}

TEST(nothing_is_sent_and_nothing_comes)
{
    struct sides s = sides();

    expect("", speak(&s, flow_list(NULL, 0), echo, NULL));
    part(&s);
}

TEST(pieces_may_wait_on_their_way)
{
    struct sides s = sides();

    s.lies_between = slowly;
    expect("abc", joined(speak(&s, script("a.b_c"), echo, NULL)));
    part(&s);
}

TEST(bytes_come_one_by_one)
{
    struct sides s = sides();

    s.lies_between = byte_by_byte;
    expect("<one><two>", joined(speak(&s, saying("one\ntwo\n"), brackets,
                                       NULL)));
    part(&s);
}

TEST(both_sides_may_read_ahead)
{
    struct sides s = sides();

    expect("<a><b><c><bye>", joined(flow_read_ahead(
        speak(&s, flow_prefetch(script("a\n.b\nc\n_b.ye\n"), 3), brackets,
              NULL), 4)));
    part(&s);
}

static flow_stage *in_tasks(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_prefetch(flow_prefetch(received, 2), 2);
}

static flow_stage *prefetched(flow_stage *s, const struct sides *sides,
                              bool to_client)
{
    (void)to_client;
    (void)sides;
    return flow_prefetch(s, 2);
}

/* Each direction of each side is then asked by a task of its own. */
TEST(the_directions_may_have_drivers_of_their_own)
{
    struct sides s = sides();

    s.lies_between = prefetched;
    expect("abcd", joined(speak(&s, script("a.b_cd"), in_tasks, NULL)));
    part(&s);
}

static flow_stage *greet(flow_stage *received, void *arg)
{
    (void)arg;
    flow_close(received);
    return flow_once(flow_literal("welcome"));
}

TEST(a_server_may_speak_first_and_not_listen)
{
    struct sides s = sides();

    expect("welcome", joined(speak(&s, flow_list(NULL, 0), greet, NULL)));
    part(&s);
}

static flow_stage *all_at_once(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_join(received, 1000);
}

TEST(a_peer_that_has_sent_all_can_still_be_answered)
{
    struct sides s = sides();

    expect("abc", joined(speak(&s, script("a.b.c"), all_at_once, NULL)));
    part(&s);
}

/* ---- Ends and failures -------------------------------------------------- */
TEST(a_failure_of_what_is_sent_is_the_client_s)
{
    struct sides s = sides();

    expect("<a> !Invalid: scripted",
           speak(&s, script("a\n.!"), brackets, NULL));
    part(&s);
}

TEST(a_failure_of_the_protocol_comes_after_its_results)
{
    struct sides s = sides();

    expect("<a> !Format: told to",
           speak(&s, saying("a\nfail\nb\n"), brackets, NULL));
    part(&s);
}

static flow_stage *count_up(flow_stage *received, void *arg)
{
    (void)arg;
    flow_close(received);
    return numbers(1);
}

TEST(what_is_neither_text_nor_bytes_cannot_be_sent)
{
    struct sides s = sides();

    expect("!Invalid: what is sent in TLS must be text or bytes",
           speak(&s, never(), count_up, NULL));
    part(&s);
}


/* What comes last are the few bytes that say that all was sent. */
TEST(an_end_that_was_not_announced_is_a_lost_connection)
{
    struct sides s = sides();

    s.lies_between = without_goodbye;
    expect("hello !SystemError: the connection in TLS with localhost was "
           "cut off before its peer said that all is sent: Connection reset "
           "by peer", speak(&s, saying("hello"), echo, NULL));
    part(&s);
}

static flow_stage *gives(flow_stage *sent, void *text)
{
    flow_close(sent);
    return flow_once(flow_literal(text));
}

static flow_stage *client_hears(struct sides *s, const char *garbage)
{
    return flow_tls_connect("localhost", never(), s->client, gives,
                            (void *)(uintptr_t)garbage);
}

TEST(what_is_no_tls_is_told_by_the_client)
{
    struct sides s = sides();

    expect("!TLS: TLS with localhost: wrong version number; the peer does not "
           "speak TLS here", client_hears(&s, "220 example.org ESMTP\r\n"));
    expect("!SystemError: the connection in TLS with localhost was cut off in "
           "its handshake: Connection reset by peer", client_hears(&s, ""));
    part(&s);
}

static flow_stage *server_hears(struct sides *s, const char *garbage)
{
    s->protocol = echo;
    return secured(saying(garbage), s);
}

TEST(what_is_no_tls_is_told_by_the_server)
{
    struct sides s = sides();

    expect("!TLS: TLS with a client: http request; the peer speaks HTTP "
           "without TLS", server_hears(&s, "GET / HTTP/1.0\r\n\r\n"));
    expect("!TLS: TLS with a client: wrong version number; the peer does not "
           "speak TLS here", server_hears(&s, "hello, hello, hello\r\n"));
    expect("!SystemError: the connection in TLS with a client was cut off in "
           "its handshake: Connection reset by peer", server_hears(&s, ""));
    part(&s);
}

static flow_stage *neither(flow_stage *sent, void *arg)
{
    (void)arg;
    flow_close(sent);
    return numbers(1);
}

TEST(a_transport_must_give_text_or_bytes)
{
    struct sides s = sides();

    expect("!Invalid: TLS is made of text or bytes; what was received is "
           "neither", flow_tls_connect("localhost", never(), s.client, neither,
                                       NULL));
    part(&s);
}

TEST(a_failure_of_the_transport_passes)
{
    struct sides s = sides();

    s.protocol = echo;
    expect("!Invalid: scripted", secured(script(".!"), &s));
    part(&s);
}

/* ---- Who is believed ---------------------------------------------------- */
/* What a client says of a server that is so. */
static void says_of(enum who server, const char *host, const char *text)
{
    const struct identity *own = identity(server);
    struct sides s = sides_with(
        &(flow_tls_options){ .authorities = identity(AUTHORITY)->chain },
        &(flow_tls_options){ .chain = own->chain, .key = own->key });

    expect(text, speak_to(host, &s, saying("hello"), echo, NULL));
    part(&s);
}

TEST(a_certificate_must_be_of_today)
{
    says_of(EXPIRED, "localhost", "!Certificate: TLS with localhost: the "
            "peer's certificate is not believed: certificate has expired; its "
            "owner must renew it, unless the clock here is wrong");
    says_of(EARLY, "localhost", "!Certificate: TLS with localhost: the "
            "peer's certificate is not believed: certificate is not yet "
            "valid; wait, unless the clock here is wrong");
}

TEST(a_certificate_must_have_the_name_of_the_host)
{
    says_of(LOCALHOST, "127.0.0.1", "hello");
    says_of(LOCALHOST, "example.org", "!Certificate: TLS with example.org: "
            "hostname mismatch; the peer's certificate is for localhost, "
            "127.0.0.1");
    says_of(LOCALHOST, "::1", "!Certificate: TLS with ::1: IP address "
            "mismatch; the peer's certificate is for localhost, 127.0.0.1");
    says_of(ALICE, "localhost", "!Certificate: TLS with localhost: the peer's "
            "certificate is not believed: unsuitable certificate purpose; it "
            "was not made for this side of a connection");
}

TEST(a_certificate_must_be_signed_by_one_who_is_trusted)
{
    says_of(STRANGER, "localhost", "!Certificate: TLS with localhost: the "
            "peer's certificate is not believed: unable to get local issuer "
            "certificate; nobody who is trusted here has signed it: if you "
            "know it to be right, give its authority as .authorities, and let "
            "the peer send its chain whole");
    says_of(STRANGE_AUTHORITY, "localhost", "!Certificate: TLS with "
            "localhost: the peer's certificate is not believed: self-signed "
            "certificate; if you know it to be right, give it as "
            ".authorities");
}

TEST(the_system_s_authorities_do_not_know_ours)
{
    const struct identity *own = identity(LOCALHOST);
    struct sides s = sides_with(NULL, &(flow_tls_options){
        .chain = own->chain, .key = own->key });
    flow_stage *heard = speak(&s, saying("hello"), echo, NULL);
    flow_value v;

    CHECK(!flow_block(heard, &v));
    CHECK(flow_is(flow_failure(heard), FLOW_ECERTIFICATE)
          && flow_is(flow_failure(heard), FLOW_ETLS)
          && flow_code(flow_failure(heard))
             == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    flow_failure(heard);
    flow_close(heard);
    part(&s);
}

TEST(a_client_that_believes_anyone_needs_no_name)
{
    const struct identity *own = identity(EXPIRED);
    struct sides s = sides_with(
        &(flow_tls_options){ .unverified = true },
        &(flow_tls_options){ .chain = own->chain, .key = own->key });

    expect("hello", speak_to(NULL, &s, saying("hello"), echo, NULL));
    part(&s);
}

static char server_failed[512];

static void note_failure(flow_gen *self, flow_stage *source, void *arg)
{
    flow_value v, error;

    (void)arg;
    while (flow_next(self, source, &v))
        flow_yield(self, v);
    if (!flow_catch(self, FLOW_EANY, &error))
        return;
    snprintf(server_failed, sizeof server_failed, "%s", flow_message(&error));
    if (flow_is(&error, FLOW_ENOMEM))
        flow_raise(self, error);
    else
        flow_drop(error);
}

static flow_stage *watched(flow_stage *s, const struct sides *sides,
                           bool to_client)
{
    (void)sides;
    return to_client
        ? flow_read_ahead(flow_generate(note_failure, s, NULL), 8) : s;
}

TEST(a_server_is_told_what_the_client_does_not_believe)
{
    const struct identity *own = identity(STRANGER);
    struct sides s = sides_with(
        &(flow_tls_options){ .authorities = identity(AUTHORITY)->chain },
        &(flow_tls_options){ .chain = own->chain, .key = own->key });

    server_failed[0] = '\0';
    s.lies_between = watched;
    flow_drop(flow_block_all(speak(&s, saying("hello"), echo, NULL)));
    CHECK(strcmp(server_failed, "TLS with a client: tlsv1 alert unknown ca; "
                 "the peer does not trust who has signed our certificate")
          == 0);
    part(&s);
}

/* ---- Clients with certificates ------------------------------------------ */
static flow_stage *who(flow_stage *received, void *arg)
{
    flow_value subject = flow_tls_subject(received);

    (void)arg;
    return flow_concat(FLOW_STAGES(
        flow_once(subject.kind == FLOW_NONE ? flow_literal("nobody") : subject),
        received));
}

static struct sides strict_server(const struct identity *client)
{
    const struct identity *own = identity(LOCALHOST);
    const char *authority = identity(AUTHORITY)->chain;

    return sides_with(
        &(flow_tls_options){
            .authorities = authority,
            .chain = client != NULL ? client->chain : NULL,
            .key = client != NULL ? client->key : NULL },
        &(flow_tls_options){
            .chain = own->chain, .key = own->key, .authorities = authority });
}

TEST(a_server_knows_a_client_by_its_certificate)
{
    struct sides s = strict_server(identity(ALICE));

    expect("CN=alice: hello",
           joined(speak(&s, saying(": hello"), who, NULL)));
    part(&s);
}

/* The client hears of it when it is already talking: in TLS 1.3 its handshake
 * is over before the server has looked at its certificate. */
static void insists(const struct identity *client, const char *client_says,
                    const char *server_says)
{
    struct sides s = strict_server(client);

    server_failed[0] = '\0';
    s.lies_between = watched;
    expect(client_says, speak(&s, saying("hello"), who, NULL));
    CHECK(strcmp(server_failed, server_says) == 0);
    part(&s);
}

TEST(a_server_may_insist_on_a_certificate)
{
    insists(NULL, "!TLS: TLS with localhost: tlsv13 alert certificate "
            "required; the peer wants a certificate: give .chain and .key",
            "TLS with a client: peer did not return a certificate; the peer "
            "must show a certificate of our .authorities");
    insists(identity(STRANGER), "!TLS: TLS with localhost: tlsv1 alert unknown "
            "ca; the peer does not trust who has signed our certificate",
            "TLS with a client: the peer's certificate is not believed: unable "
            "to get local issuer certificate; nobody who is trusted here has "
            "signed it: if you know it to be right, give its authority as "
            ".authorities, and let the peer send its chain whole");
}

/* ---- Protocols to be agreed on ------------------------------------------ */
static flow_stage *agreed(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_concat(FLOW_STAGES(
        flow_once(flow_textf("speaks '%s'", flow_tls_protocol(received))),
        received));
}

static struct sides speaking(const char *client, const char *server)
{
    const struct identity *own = identity(LOCALHOST);

    return sides_with(
        &(flow_tls_options){ .authorities = identity(AUTHORITY)->chain,
                             .protocols = client },
        &(flow_tls_options){ .chain = own->chain, .key = own->key,
                             .protocols = server });
}

static void agree(const char *client, const char *server, const char *text)
{
    struct sides s = speaking(client, server);

    expect(text, joined(speak(&s, flow_list(NULL, 0), agreed, NULL)));
    part(&s);
}

TEST(both_sides_agree_on_a_protocol_the_server_s_best_first)
{
    agree("http/1.1 h2", "h2 http/1.1", "speaks 'h2'");
    agree("http/1.1", " h2  http/1.1 ", "speaks 'http/1.1'");
    agree(NULL, "h2", "speaks ''");
    agree("h2", NULL, "speaks ''");
    agree("h3", "h2", "!TLS: TLS with localhost: tlsv1 alert no application "
                      "protocol; the peer speaks none of our .protocols");
}

TEST(a_client_knows_what_was_agreed_on)
{
    struct sides s = speaking("h2 http/1.1", "http/1.1");
    flow_stage *heard = speak(&s, saying("hello"), echo, NULL);
    flow_value v;

    CHECK(strcmp(flow_tls_protocol(heard), "") == 0);
    if (flow_block(heard, &v))
        flow_drop(v);
    CHECK(strcmp(flow_tls_protocol(heard), "http/1.1") == 0);
    v = flow_tls_subject(heard);
    CHECK(v.kind == FLOW_TEXT && v.size == strlen("CN=localhost"));
    flow_drop(v);
    flow_failure(heard);
    flow_close(heard);
    part(&s);
}

TEST(other_stages_have_agreed_on_nothing)
{
    flow_stage *s = numbers(1);

    CHECK(strcmp(flow_tls_protocol(NULL), "") == 0);
    CHECK(strcmp(flow_tls_protocol(s), "") == 0);
    CHECK(flow_tls_subject(s).kind == FLOW_NONE);
    flow_close(s);
}

/* ---- What cannot be used ------------------------------------------------- */
/* What is wrong is told when it is made, and by what is made with it. */
static void cannot_serve(const char *chain, const char *key, const char *text)
{
    struct sides s = sides_with(
        &(flow_tls_options){ .unverified = true },
        &(flow_tls_options){ .chain = chain, .key = key });
    flow_value why = flow_tls_failure(s.server);

    CHECK(flow_is_failure(why) && strstr(text, flow_message(&why)) != NULL);
    flow_drop(why);
    expect(text, speak(&s, saying("hello"), echo, NULL));
    part(&s);
}

TEST(a_server_needs_a_certificate_and_its_key)
{
    const struct identity *own = identity(LOCALHOST);
    const struct identity *other = identity(ALICE);

    cannot_serve(NULL, NULL, "!Invalid: a server needs a certificate: give "
                 ".chain and .key");
    cannot_serve(own->chain, NULL, "!Invalid: give .chain and .key together");
    cannot_serve("/no/chain.pem", own->key, "!SystemError: cannot read "
                 "/no/chain.pem: No such file or directory");
    cannot_serve(own->chain, "/no/key.pem", "!SystemError: cannot read "
                 "/no/key.pem: No such file or directory");
    cannot_serve(own->chain, other->key, "!TLS: this private key is not that "
                 "of .chain: the given text: key values mismatch");
    cannot_serve(own->key, own->key, "!TLS: there is no certificate to be "
                 "used in the given text: no start line");
    cannot_serve(own->chain, own->chain, "!TLS: there is no private key in "
                 "the clear in the given text: unsupported");
}

TEST(a_chain_is_read_to_its_end_or_not_at_all)
{
    const struct identity *own = identity(LOCALHOST);
    char both[8192], cut[8192];

    snprintf(both, sizeof both, "%s%s", own->chain,
             identity(AUTHORITY)->chain);
    snprintf(cut, sizeof cut, "%.*s", (int)strlen(both) - 100, both);
    cannot_serve(cut, own->key, "!TLS: there is no certificate to be used in "
                 "the given text: bad end line");

    struct sides s = sides_with(
        &(flow_tls_options){ .authorities = both },
        &(flow_tls_options){ .chain = both, .key = own->key });

    expect("hello", speak(&s, saying("hello"), echo, NULL));
    part(&s);
}

TEST(protocols_have_a_bound)
{
    const struct identity *own = identity(LOCALHOST);
    char list[300];
    struct sides s;

    memset(list, 'x', sizeof list - 1);
    list[sizeof list - 1] = '\0';
    s = sides_with(&(flow_tls_options){ .protocols = list },
                   &(flow_tls_options){ .chain = own->chain, .key = own->key });
    expect("!Limit: .protocols may have 256 bytes",
           speak(&s, saying("hello"), echo, NULL));
    part(&s);
}

TEST(each_side_needs_a_context_of_its_own)
{
    struct sides s = sides(), swapped = { .client = s.server,
                                          .server = s.client };

    expect("!Invalid: to connect, give what flow_tls_client has made",
           speak(&swapped, saying("hello"), echo, NULL));
    swapped.client = s.client;
    expect("!Invalid: to accept, give what flow_tls_server has made",
           speak(&swapped, saying("hello"), echo, NULL));
    swapped.server = NULL;
    expect("!Invalid: give what flow_tls_server or flow_tls_client has made, "
           "not NULL", speak(&swapped, saying("hello"), echo, NULL));
    expect("!Invalid: give a protocol, not NULL",
           speak(&s, saying("hello"), NULL, NULL));
    expect("!Invalid: give a dialer, not NULL",
           flow_tls_connect("localhost", never(), s.client, NULL, NULL));
    expect("!Invalid: give the name of the host that is connected to: its "
           "certificate must have it",
           speak_to(NULL, &s, saying("hello"), echo, NULL));
    part(&s);
}

TEST(a_context_may_be_released_while_connections_have_it)
{
    struct sides s = sides();
    flow_stage *heard = speak(&s, script("a.b"), echo, NULL);

    flow_tls_release(s.client);
    s.lies_between = slowly;
    expect("ab", joined(heard));
    flow_tls_release(s.server);
    flow_tls_release(NULL);
}

/* ---- Asking and closing -------------------------------------------------- */
struct counted { flow_stage *source; int *asked; };

static flow_status counted_fill(void *self, flow_stage *out, flow_waker *w)
{
    struct counted *c = self;
    flow_value v;
    flow_status st;

    ++*c->asked;
    st = flow_pull(c->source, w, &v);
    if (st == FLOW_READY)
        flow_give(out, v);
    return flow_pass(out, st, v);
}

static flow_stage *counting(flow_stage *s, int *asked)
{
    static const flow_type type = {
        .name = "counting", .size = sizeof(struct counted),
        .fill = counted_fill, .inputs = flow_first_input
    };

    return flow_stage_new(&type, &(struct counted){ s, asked });
}

static flow_stage *deaf(flow_stage *received, void *arg)
{
    (void)arg;
    return flow_concat(FLOW_STAGES(flow_once(flow_literal("first")), never(),
                                   received));
}

TEST(nothing_is_asked_before_somebody_asks)
{
    struct sides s = sides();
    int asked = 0;
    flow_stage *heard = speak(&s, counting(saying("x"), &asked), deaf, NULL);
    flow_value v = flow_none();

    CHECK(asked == 0);
    CHECK(flow_block(heard, &v) && v.size == 5);
    flow_drop(v);
    CHECK(asked == 0);                      /* nobody has asked for it      */
    flow_failure(heard);
    flow_close(heard);
    part(&s);
}

TEST(everything_may_be_closed_after_any_number_of_turns)
{
    for (int turns = 0; turns < 40; turns++) {
        struct sides s = sides();
        flow_host *h = flow_host_here();
        flow_deferred *client;

        s.lies_between = slowly;
        client = flow_run(speak(&s, script("a\n.b\n_bye\n"), brackets, NULL));
        for (int n = 0; n < turns; n++)
            h->turn(h, true);
        flow_outcome(client);
        flow_release(client);
        part(&s);
    }
}

/* ---- Keys that change ---------------------------------------------------- */
struct received { flow_stage *source; struct flow__session *session; };

static struct flow__session *session_of(flow_stage *heard)
{
    return ((struct received *)flow_self(heard))->session;
}

static SSL *openssl_of(flow_stage *heard)
{
    return session_of(heard)->ssl;
}

static void change_keys(flow_gen *self, flow_stage *heard, void *arg)
{
    flow_value v;

    (void)arg;
    while (flow_next(self, heard, &v)) {
        SSL_key_update(openssl_of(heard), SSL_KEY_UPDATE_REQUESTED);
        flow_yield(self, v);
    }
}

TEST(a_peer_may_change_its_keys)
{
    struct sides s = sides();

    expect("x y z", flow_generate(change_keys, speak(&s, script("x.y.z"), echo,
                                                     NULL), NULL));
    part(&s);
}

/* All at once, by a client that knows no bound. */
static void change_keys_often(flow_gen *self, flow_stage *heard, void *arg)
{
    flow_value v;
    bool first = true;

    (void)arg;
    for (; flow_next(self, heard, &v); first = false) {
        session_of(heard)->pipe.most = 0;
        for (int n = 0; first && n < 5000; n++) {
            SSL_key_update(openssl_of(heard), SSL_KEY_UPDATE_REQUESTED);
            SSL_do_handshake(openssl_of(heard));
        }
        flow_yield(self, v);
    }
}

TEST(answers_that_nobody_reads_have_a_bound)
{
    struct sides s = sides();

    expect("x !Limit: the peer of TLS asks for more answers than it reads",
           flow_generate(change_keys_often, speak(&s, script("x.y"), echo,
                                                  NULL), NULL));
    part(&s);
}

int main(void)
{
    static const struct test tests[] = {
        CASE(a_protocol_in_tls_does_what_it_does_in_the_clear),
        CASE(several_pieces_and_text_and_bytes_are_sent_in_order),
        CASE(nothing_is_sent_and_nothing_comes),
        CASE(pieces_may_wait_on_their_way),
        CASE(bytes_come_one_by_one),
        CASE(both_sides_may_read_ahead),
        CASE(the_directions_may_have_drivers_of_their_own),
        CASE(a_server_may_speak_first_and_not_listen),
        CASE(a_peer_that_has_sent_all_can_still_be_answered),
        CASE(a_failure_of_what_is_sent_is_the_client_s),
        CASE(a_failure_of_the_protocol_comes_after_its_results),
        CASE(what_is_neither_text_nor_bytes_cannot_be_sent),
        CASE(an_end_that_was_not_announced_is_a_lost_connection),
        CASE(what_is_no_tls_is_told_by_the_client),
        CASE(what_is_no_tls_is_told_by_the_server),
        CASE(a_transport_must_give_text_or_bytes),
        CASE(a_failure_of_the_transport_passes),
        CASE(a_certificate_must_be_of_today),
        CASE(a_certificate_must_have_the_name_of_the_host),
        CASE(a_certificate_must_be_signed_by_one_who_is_trusted),
        CASE(the_system_s_authorities_do_not_know_ours),
        CASE(a_client_that_believes_anyone_needs_no_name),
        CASE(a_server_is_told_what_the_client_does_not_believe),
        CASE(a_server_knows_a_client_by_its_certificate),
        CASE(a_server_may_insist_on_a_certificate),
        CASE(both_sides_agree_on_a_protocol_the_server_s_best_first),
        CASE(a_client_knows_what_was_agreed_on),
        CASE(other_stages_have_agreed_on_nothing),
        CASE(a_server_needs_a_certificate_and_its_key),
        CASE(a_chain_is_read_to_its_end_or_not_at_all),
        CASE(protocols_have_a_bound),
        CASE(each_side_needs_a_context_of_its_own),
        CASE(a_context_may_be_released_while_connections_have_it),
        CASE(nothing_is_asked_before_somebody_asks),
        CASE(everything_may_be_closed_after_any_number_of_turns),
        CASE(a_peer_may_change_its_keys),
        CASE(answers_that_nobody_reads_have_a_bound),
    };
    return run_tests("tls", tests, sizeof tests / sizeof *tests);
}
