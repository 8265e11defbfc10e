/* SPDX-License-Identifier: MIT */
/* Tests in processes of their own: of what must come before anything else, of
 * what ends the program, and of calls that the system refuses. */
#ifndef FLOW_TEST_PROCESS_H
#define FLOW_TEST_PROCESS_H

#include "harness.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[8192];             /* on standard error                    */

static inline void read_all(int fd)
{
    size_t n = 0;
    ssize_t some;

    while (n + 1 < sizeof said
           && (some = read(fd, said + n, sizeof said - 1 - n)) > 0)
        n += (size_t)some;
    said[n] = '\0';
    close(fd);
}

/* How run() ended, as wait() tells it: 0 if all was well. */
static inline int ends(int (*run)(void))
{
    int ends[2], status = -1;
    pid_t child;

    fflush(NULL);
    if (pipe(ends) != 0)
        return -1;
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        alarm(60);
        exit(run());
    }
    close(ends[1]);
    read_all(ends[0]);
    waitpid(child, &status, 0);
    return status;
}

static inline bool says(const char *text)
{
    return strstr(said, text) != NULL;
}

/* Has the system refuse a call, SYS_..., from now on: it fails with EPERM.
 * False: it does not let us say so; an emulator may not. */
static inline bool refuses(long call)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#endif
