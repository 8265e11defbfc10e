F="-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -I../include -c -o /dev/null"
for f in "$@"; do gcc $F $f 2>&1 | head -30; clang $F $f 2>&1 | head -20; done
