-- Reads and creates in turn, without keys; counts what was answered. To be run with one thread.
local sent = 0
created, refused, other = 0, 0, 0

function request()
  sent = sent + 1
  if sent % 2 == 0 then
    return wrk.format("GET", "/cars/1")
  end
  return wrk.format("POST", "/cars", { ["Content-Type"] = "application/json" }, '{"brand":"Seat","model":"Ibiza","year":1984}')
end

function response(status)
  if status == 201 then
    created = created + 1
  elseif status == 503 then
    refused = refused + 1
  elseif status ~= 200 then
    other = other + 1
  end
end

local thread
function setup(it)
  thread = it
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"created":%d,"refused":%d,"other":%d,"broken":%d,"late":%d}\n', summary.requests,
    thread:get("created"), thread:get("refused"), thread:get("other"),
    errors.connect + errors.read + errors.write, errors.timeout))
end
