/* SPDX-License-Identifier: MIT */
/* The kernel copies, and says no where we would fault. Where it does not offer
 * that (an emulator, a sandbox), memory is read as if it were there. */
#include "peek.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

bool flow__peek(void *to, const void *from, size_t size)
{
    struct iovec here = { to, size }, there = { (void *)(size_t)from, size };
    int kept = errno;
    ssize_t n = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    bool unknown = n < 0 && errno != EFAULT;

    errno = kept;
    if (unknown)
        memcpy(to, from, size);
    return unknown || n == (ssize_t)size;
}
