-- Load that does not follow the number of replicas: each connection thinks before each request,
-- for a random time whose mean is THINK_MS, so that many of them together arrive like strangers.
-- Without think time wrk is a closed loop that keeps any number of replicas at 100 %.
-- At the end the figures go to the file REPORT as one line of JSON.
local think = tonumber(os.getenv("THINK_MS") or "0")
local longest = 4 * think -- no connection falls asleep

function init()
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000000)
end

function delay()
  return math.floor(math.min(-think * math.log(1 - math.random()), longest))
end

function done(summary, latency)
  local errors = summary.errors
  local sockets = errors.connect + errors.read + errors.write
  local report = io.open(os.getenv("REPORT"), "w")
  report:write(string.format('{"requests":%d,"socket_errors":%d,"bad_status":%d,"timeouts":%d,' ..
    '"failed":%d,"mean_ms":%.1f,"p99_ms":%.1f,"longest_ms":%.1f}\n',
    summary.requests, sockets, errors.status, errors.timeout,
    sockets + errors.status + errors.timeout,
    latency.mean / 1000, latency:percentile(99) / 1000, latency.max / 1000))
  report:close()
end
