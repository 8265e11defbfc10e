/* SPDX-License-Identifier: MIT */
/* To start a C++20 coroutine that does nothing, and to be rid of it. */
#include "../bench.h"

#include <coroutine>
#include <exception>

static const int64_t TASKS = 10000;

class task {
public:
    struct promise_type {
        task get_return_object()
        {
            return task(
                std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };

    explicit task(std::coroutine_handle<promise_type> h) : own(h) {}
    task(const task &) = delete;
    task &operator=(const task &) = delete;
    ~task() { own.destroy(); }
    bool done() const { return own.done(); }

private:
    std::coroutine_handle<promise_type> own;
};

static task empty(int64_t *ran)
{
    ++*ran;
    co_return;
}

int main()
{
    bench b = bench_begin();

    while (bench_round(&b)) {
        int64_t ran = 0, done = 0;
        bench_start(&b);
        for (int64_t i = 0; i < TASKS; i++) {
            task t = empty(&ran);
            done += t.done();
        }
        bench_stop(&b);
        bench_check(ran == TASKS && done == TASKS);
    }
    bench_print(b.best / TASKS * 1e9, "ns");
}
