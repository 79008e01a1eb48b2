-- GET of the first 100 cars of a random brand and year.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function init()
  request = cars.prepared(function()
    return wrk.format("GET", string.format("/cars?brand=%s&year=%d&limit=100", cars.brands[math.random(#cars.brands)], math.random(1984, 2015)))
  end)
end
