-- GET of one random car.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function request()
  return wrk.format("GET", cars.path())
end
