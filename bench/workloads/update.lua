-- PUT of a random car.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function init()
  request = cars.prepared(function()
    return wrk.format("PUT", cars.path(), cars.json, cars.car())
  end)
end
