-- Alternates POST of a car and DELETE of one created before.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
local cars = require("common")

local created = {}
local create

function init()
  create = cars.prepared(function()
    return wrk.format("POST", "/cars", cars.json, cars.car())
  end)
end

function request()
  if #created > 0 then
    return wrk.format("DELETE", "/cars/" .. table.remove(created))
  end
  return create()
end

function response(status, _, body)
  if status == 201 then
    created[#created + 1] = string.match(body, '"id":(%d+)')
  end
end
