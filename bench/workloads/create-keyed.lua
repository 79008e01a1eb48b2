-- POST of a random car, each with another Idempotency-Key.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

local KEY = "00000000-0000-4000-8000-000000000000"

function init()
  cars.json["Idempotency-Key"] = KEY
  local prepared = cars.prepared(function()
    local before, after = string.match(wrk.format("POST", "/cars", cars.json, cars.car()), "^(.*)" .. string.gsub(KEY, "-", "%%-") .. "(.*)$")
    return { before, after }
  end)
  local run, count = string.format("%08x-0000-4000-8000-", math.random(0, 0xffffffff)), 0
  request = function()
    local parts = prepared()
    count = count + 1
    return parts[1] .. run .. string.format("%012x", count) .. parts[2]
  end
end
