/* SPDX-License-Identifier: MIT */
/* The same for libflow-tls. */
#include <flow/tls.h>

int main(void)
{
    flow_tls *tls = flow_tls_client(NULL);
    flow_value why = flow_tls_failure(tls);
    bool good = !flow_is_failure(why);

    flow_drop(why);
    flow_tls_release(tls);
    return !good;
}
