/* SPDX-License-Identifier: MIT */
/* Trees of operators, as tests/trees_test grows them by chance: here the input
 * says how. They must give what their model says, closed at any moment or
 * without memory a beginning of it, and never leak. */
#include "fuzz.h"
#include "trees.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool configured;
    struct luck luck = { .bytes = data, .n = size };

    if (!configured)
        harness_configure();
    configured = true;
    if (size > 0) {                         /* where it is disturbed        */
        luck.seed = *luck.bytes++;
        luck.n--;
    }
    if (!tree_holds(luck))
        abort();
    return 0;
}
