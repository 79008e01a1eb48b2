-- 80 % GET of one car, 10 % PUT, 10 % POST.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function init()
  request = cars.prepared(function()
    local dice = math.random(10)
    if dice <= 8 then
      return wrk.format("GET", cars.path())
    elseif dice == 9 then
      return wrk.format("PUT", cars.path(), cars.json, cars.car())
    end
    return wrk.format("POST", "/cars", cars.json, cars.car())
  end)
end
