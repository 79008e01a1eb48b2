-- GET of the first page of 100 cars.
wrk.path = "/cars?limit=100"
