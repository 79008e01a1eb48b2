-- PUT of a random car, which always changes it.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function init()
  request = cars.prepared(function(path, kind)
    return wrk.format("PUT", path, cars.json, cars.car(kind))
  end)
end
