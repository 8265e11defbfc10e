/* SPDX-License-Identifier: MIT */
/* See date.h. */
#include "date.h"

#include <stdio.h>
#include <string.h>

static const char days[7][10] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
};
static const char months[12][4] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
    "Dec"
};

/* ---- Writing ------------------------------------------------------------- */
void flow__date_write(char to[FLOW__DATE], time_t when)
{
    struct tm t;

    gmtime_r(&when, &t);
    snprintf(to, FLOW__DATE, "%.3s, %02d %s %04d %02d:%02d:%02d GMT",
             days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900,
             t.tm_hour, t.tm_min, t.tm_sec);
}

void flow__date_write_for_log(char to[FLOW__DATE], time_t when)
{
    struct tm t;

    gmtime_r(&when, &t);
    snprintf(to, FLOW__DATE, "%02d/%s/%04d:%02d:%02d:%02d +0000", t.tm_mday,
             months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* ---- Reading ------------------------------------------------------------- */
/* Just so many digits. */
static bool reads_number(const char **s, int digits, int *out)
{
    *out = 0;
    for (; digits > 0; digits--, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        *out = 10 * *out + **s - '0';
    }
    return true;
}

/* n: the characters of a name that count; 0: all. */
static bool reads_day(const char **s, size_t n, int *out)
{
    for (*out = 0; *out < 7; (*out)++) {
        size_t size = n > 0 ? n : strlen(days[*out]);

        if (strncmp(*s, days[*out], size) == 0) {
            *s += size;
            return true;
        }
    }
    return false;
}

static bool reads_month(const char **s, int *out)
{
    for (*out = 0; *out < 12; (*out)++)
        if (strncmp(*s, months[*out], 3) == 0) {
            *s += 3;
            return true;
        }
    return false;
}

/* A day of a month, with a space for its first digit if that is 0. */
static bool reads_spaced(const char **s, int *out)
{
    if (**s != ' ')
        return reads_number(s, 2, out);
    (*s)++;
    return reads_number(s, 1, out);
}

/* One of two digits is of this century, or if that is more than 50 years ahead,
 * of the last. */
static bool reads_short_year(const char **s, int *out)
{
    time_t now = time(NULL);
    struct tm t;

    gmtime_r(&now, &t);
    if (!reads_number(s, 2, out))
        return false;
    *out += t.tm_year - t.tm_year % 100;
    if (*out > t.tm_year + 50)
        *out -= 100;
    return true;
}

static bool reads_year(const char **s, int *out)
{
    bool is_read = reads_number(s, 4, out);

    *out -= 1900;
    return is_read;
}

/* What a letter of a pattern stands for, as in strptime. */
static bool reads_part(const char **s, char letter, struct tm *t)
{
    switch (letter) {
    case 'a':
        return reads_day(s, 3, &t->tm_wday);
    case 'A':
        return reads_day(s, 0, &t->tm_wday);
    case 'b':
        return reads_month(s, &t->tm_mon);
    case 'd':
        return reads_number(s, 2, &t->tm_mday);
    case 'e':
        return reads_spaced(s, &t->tm_mday);
    case 'H':
        return reads_number(s, 2, &t->tm_hour);
    case 'M':
        return reads_number(s, 2, &t->tm_min);
    case 'S':
        return reads_number(s, 2, &t->tm_sec);
    case 'y':
        return reads_short_year(s, &t->tm_year);
    default:
        return reads_year(s, &t->tm_year);
    }
}

static bool is_like(const char *s, const char *pattern, struct tm *t)
{
    memset(t, 0, sizeof *t);
    for (; *pattern != '\0'; pattern++)
        if (*pattern == '%' ? !reads_part(&s, *++pattern, t) : *s++ != *pattern)
            return false;
    return *s == '\0';
}

/* Whether there was such a day, hour, minute and second: a minute may have 61.
 */
static bool is_there(struct tm t, time_t *out)
{
    struct tm same = t;

    same.tm_sec = 0;
    *out = timegm(&same);
    if (same.tm_mday != t.tm_mday || same.tm_wday != t.tm_wday
        || t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60)
        return false;
    *out += t.tm_sec;
    return true;
}

bool flow__date_read(const char *s, time_t *out)
{
    static const char *const patterns[] = {
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y"
    };
    struct tm t;

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (is_like(s, patterns[i], &t))
            return is_there(t, out);
    return false;
}
