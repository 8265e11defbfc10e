/* SPDX-License-Identifier: MIT */
/* Both sides of a connection: how its two stages hang together.
 *
 *      accept    sending <- protocol <- received <- source
 *      connect   received <- transport <- sending <- source
 */
#include "received.h"
#include "sending.h"

static flow_stage *refuse(flow_stage *source, flow_value why)
{
    flow_close(source);
    return (flow_failed)(why);       /* made where the caller is         */
}

/* Why without that function there is no connection, or NONE. */
static flow_value needs(flow_protocol *p, const char *what)
{
    return p != NULL ? flow_none()
                     : flow_error(FLOW_EINVAL, 0, "give %s, not NULL", what);
}

flow_stage *(flow_tls_accept)(flow_stage *received, flow_tls *tls,
                              flow_protocol *p, void *arg)
{
    flow_value why = needs(p, "a protocol");
    struct flow__session *s = flow_is_failure(why)
        ? NULL : flow__session_new(tls, true, NULL, &why);
    flow_stage *sending;

    if (s == NULL)
        return refuse(received, why);
    sending = flow__tls_sending(received, s, p, arg);
    flow__session_release(s);
    return flow_named(sending, "tls_accept");
}

flow_stage *(flow_tls_connect)(const char *host, flow_stage *sent,
                               flow_tls *tls, flow_protocol *dial, void *arg)
{
    flow_value why = needs(dial, "a dialer");
    struct flow__session *s = flow_is_failure(why)
        ? NULL : flow__session_new(tls, false, host, &why);
    flow_stage *received;

    if (s == NULL)
        return refuse(sent, why);
    received = flow__tls_received(dial(flow__tls_sending(sent, s, NULL, NULL),
                                       arg), s);
    flow__session_release(s);
    return flow_named(received, "tls_connect");
}
