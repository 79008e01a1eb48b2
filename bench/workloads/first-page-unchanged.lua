-- GET of the first page of 100 cars by a client that has it, where the server has told its ETag.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
require("common")

wrk.path = "/cars?limit=100"
local etag = os.getenv("BENCH_ETAG") or ""
if etag ~= "" then
  wrk.headers["If-None-Match"] = etag
end
