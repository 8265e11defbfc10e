/* SPDX-License-Identifier: MIT */
/* See descriptor.h. */
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* That it does not block is a matter of whatever was opened, which others may
 * share: a terminal or a pipe is opened once more. A file is not, for its place
 * belongs to all who share it; a socket cannot be. */
int flow__descriptor_of(int fd, bool to_write)
{
    char name[32];
    struct stat s;
    int own = -1;

    if (fstat(fd, &s) != 0)
        return -1;
    if (S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode)) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        own = open(name, (to_write ? O_WRONLY : O_RDONLY) | O_NONBLOCK
                         | O_NOCTTY | O_CLOEXEC);
    }
    return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

bool flow__descriptor_is_stream(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0
        && (S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode) || S_ISSOCK(s.st_mode));
}

bool flow__descriptor_pipe(int *ours, int *theirs, bool we_write)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ours = ends[we_write];
    *theirs = ends[!we_write];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return true;
}

/* The signal is for this thread alone: it is blocked, and what has come
 * meanwhile is taken away. */
ssize_t flow__descriptor_write(int fd, const char *from, size_t n)
{
    sigset_t pipe, pending, before;
    ssize_t done;
    int code;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    do
        done = write(fd, from, n);
    while (done < 0 && errno == EINTR);
    code = errno;
    if (done < 0 && code == EPIPE && !sigismember(&before, SIGPIPE)
        && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &(struct timespec){ 0, 0 });
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return done;
}
