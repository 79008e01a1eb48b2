-- GET of the first page of 100 cars.
package.path = os.getenv("BENCH_WORKLOADS") .. "/?.lua;" .. package.path
require("common")

wrk.path = "/cars?limit=100"
