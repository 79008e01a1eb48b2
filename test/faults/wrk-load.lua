-- Reads and creates in turn, without keys; counts the answers by status. To be run with one thread.
local sent = 0
answers = {}

function request()
  sent = sent + 1
  if sent % 2 == 0 then
    return wrk.format("GET", "/cars/1")
  end
  return wrk.format("POST", "/cars", { ["Content-Type"] = "application/json" }, '{"brand":"Seat","model":"Ibiza","year":1984}')
end

function response(status)
  answers[status] = (answers[status] or 0) + 1
end

local thread
function setup(it)
  thread = it
end

function done(summary)
  local errors = summary.errors
  local counts = {}
  for status, count in pairs(thread:get("answers")) do
    counts[#counts + 1] = string.format('"%d":%d', status, count)
  end
  io.write(string.format('\n{"requests":%d,"answers":{%s},"broken":%d,"late":%d}\n', summary.requests,
    table.concat(counts, ","), errors.connect + errors.read + errors.write, errors.timeout))
end
