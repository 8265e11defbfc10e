cd /work/wt-tests
nice ninja -k0 -C build -j2 2>&1 | grep -v '^\[' | grep -v "Entering dir" | head -30; cd build/tests
for t in "$@"; do echo == $t; timeout 300 ./${t}_test 2>&1 | tail -40; done
