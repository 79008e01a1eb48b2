-- GET of one random car.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function init()
  request = cars.prepared(function()
    return wrk.format("GET", cars.path())
  end)
end
