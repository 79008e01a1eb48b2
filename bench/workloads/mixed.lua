-- 80 % GET of one car, 10 % PUT, 10 % POST.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

function init()
  request = cars.prepared(function(path, kind, number)
    local dice = number % 10
    if dice < 8 then
      return wrk.format("GET", path)
    elseif dice == 8 then
      return wrk.format("PUT", path, cars.json, cars.car(kind))
    end
    return wrk.format("POST", "/cars", cars.json, cars.car())
  end)
end
