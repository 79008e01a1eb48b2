-- GET of the first page of 100, the same for all.
function request()
  return wrk.format("GET", "/cars?limit=100")
end
