-- Creates cars on kept connections and counts the answers. Run it with one thread.
local key = os.getenv("CARS_API_KEY")
local headers = { ["Content-Type"] = "application/json" }
if key then
  headers["Authorization"] = "Bearer " .. key
end
local pause = tonumber(os.getenv("DELAY"))
created, refused, other = 0, 0, 0

-- Milliseconds.
function delay()
  return pause
end

function request()
  return wrk.format("POST", "/cars", headers, '{"brand":"Seat","model":"Ibiza","year":1984}')
end

function response(status)
  if status == 201 then
    created = created + 1
  elseif status == 503 then
    refused = refused + 1
  else
    other = other + 1
  end
end

local thread
function setup(it)
  thread = it
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('\n{"created":%d,"refused":%d,"other":%d,"broken":%d}\n', thread:get("created"),
    thread:get("refused"), thread:get("other"), errors.connect + errors.read + errors.write + errors.timeout))
end
