/* SPDX-License-Identifier: MIT */
/* The generator that every C++20 program writes for itself, the library of that
 * standard having none: started when first asked, and read by a range for. */
#ifndef BENCH_GENERATOR_HPP
#define BENCH_GENERATOR_HPP

#include <coroutine>
#include <exception>
#include <iterator>
#include <utility>

template <typename T> class generator {
public:
    struct promise_type {
        T value;
        std::exception_ptr failure;

        generator get_return_object()
        {
            return generator(handle::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(T v) noexcept
        {
            value = std::move(v);
            return {};
        }
        void return_void() {}
        void unhandled_exception() { failure = std::current_exception(); }
    };

    class iterator {
    public:
        explicit iterator(std::coroutine_handle<promise_type> h) : at(h) {}
        T &operator*() const { return at.promise().value; }
        iterator &operator++()
        {
            resume(at);
            return *this;
        }
        bool operator==(std::default_sentinel_t) const { return at.done(); }

    private:
        std::coroutine_handle<promise_type> at;
    };

    generator(generator &&other) noexcept
        : own(std::exchange(other.own, nullptr)) {}
    generator &operator=(generator &&) = delete;
    ~generator()
    {
        if (own)
            own.destroy();
    }

    iterator begin()
    {
        resume(own);
        return iterator(own);
    }
    std::default_sentinel_t end() { return {}; }

private:
    using handle = std::coroutine_handle<promise_type>;

    explicit generator(handle h) : own(h) {}

    static void resume(handle h)
    {
        h.resume();
        if (h.done() && h.promise().failure)
            std::rethrow_exception(h.promise().failure);
    }

    handle own;
};

#endif
