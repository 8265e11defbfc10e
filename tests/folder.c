/* SPDX-License-Identifier: MIT */
/* See folder.h. */
#include "folder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX];

void make_folder(void)
{
    static const char name[] = "/folder.XXXXXX";
    ssize_t n = readlink("/proc/self/exe", folder,
                         sizeof folder - sizeof name);

    while (n > 0 && folder[n - 1] != '/')
        n--;
    memcpy(folder + n, name + 1, sizeof name - 1);
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        abort();
}

static void empty(const char *path)
{
    DIR *d = opendir(path);
    char name[PATH_MAX + NAME_MAX];

    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (unlink(name) != 0) {
            empty(name);
            rmdir(name);
        }
    }
    closedir(d);
}

void remove_folder(void)
{
    empty(folder);
    rmdir(folder);
}

void put(const char *name, const char *text, size_t n)
{
    FILE *f = fopen(name, "wb");

    if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
        abort();
}

bool holds(const char *name, const char *text)
{
    char found[256];
    FILE *f = fopen(name, "rb");
    size_t n = f != NULL ? fread(found, 1, sizeof found, f) : 0;

    if (f != NULL)
        fclose(f);
    return f != NULL && n == strlen(text) && memcmp(found, text, n) == 0;
}
