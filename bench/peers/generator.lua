-- SPDX-License-Identifier: MIT
-- One item from a coroutine of Lua to the loop that reads it.
local ITEMS, ROUNDS = 5000, 100

local function numbers(n)
    return coroutine.wrap(function ()
        for i = 1, n do
            coroutine.yield(i)
        end
    end)
end

local best = math.huge
for _ = 1, ROUNDS do
    local start, total = os.clock(), 0
    for i in numbers(ITEMS) do
        total = total + i
    end
    best = math.min(best, os.clock() - start)
    assert(total == ITEMS * (ITEMS + 1) // 2)
end
print(string.format("%.4g ns  (%s)", best / ITEMS * 1e9, _VERSION))
