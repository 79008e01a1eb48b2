-- Shared by the workloads: random ids, random cars as JSON, and prepared requests.
local M = {}
M.rows = tonumber(os.getenv("BENCH_ROWS")) or 100000
M.brands = { "Acura", "Audi", "BMW", "Buick", "Cadillac", "Chevrolet", "Dodge", "Ford", "GMC", "Honda", "Hyundai", "Jaguar",
  "Jeep", "Kia", "Lexus", "Mazda", "Nissan", "Porsche", "Subaru", "Toyota", "Volkswagen", "Volvo" }
M.json = { ["Content-Type"] = "application/json" }

local credential = os.getenv("BENCH_CREDENTIAL") or ""
if credential ~= "" then
  M.json["Authorization"] = "Bearer " .. credential
  wrk.headers["Authorization"] = "Bearer " .. credential
end

math.randomseed(os.time())

function M.id()
  return math.random(1, M.rows)
end

function M.path()
  return "/cars/" .. M.id()
end

function M.car()
  return string.format('{"brand":"%s","model":"Model %d","year":%d}', M.brands[math.random(#M.brands)], math.random(1, 500),
    math.random(1984, 2015))
end

-- Builds the requests before the load begins, so that wrk spends its CPU time on sending them.
function M.prepared(make)
  local requests, count, at = {}, 20000, 0
  for i = 1, count do
    requests[i] = make()
  end
  return function()
    at = at % count + 1
    return requests[at]
  end
end

return M
