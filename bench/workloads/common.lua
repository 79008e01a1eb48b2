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

-- A random car. Those of kind 0 and kind 1 never have the same model.
function M.car(kind)
  return string.format('{"brand":"%s","model":"Model %d","year":%d}', M.brands[math.random(#M.brands)],
    2 * math.random(1, 250) + (kind or 0), math.random(1984, 2015))
end

-- Builds the requests before the load begins, so that wrk spends its CPU time on sending them. They are repeated in this
-- order. `make` gets the path of a car, a kind and a number: each comes once with kind 0, then once with kind 1, so that
-- every update changes its car.
function M.prepared(make)
  local requests, half, at = {}, 20000, 0
  for i = 1, half do
    local path = M.path()
    requests[i] = make(path, 0, i)
    requests[half + i] = make(path, 1, i)
  end
  return function()
    at = at % (2 * half) + 1
    return requests[at]
  end
end

-- Prints the latencies in microseconds at 0.05, 0.15, ... 99.95 %, so that several runs can be pooled.
function done(_, latency)
  local values = {}
  for i = 1, 1000 do
    values[i] = latency:percentile((i - 0.5) / 10)
  end
  print("Latencies: " .. table.concat(values, " "))
end

return M
