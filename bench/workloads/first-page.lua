-- GET of the first page of 100, the same for all.
wrk.path = "/cars?limit=100"
