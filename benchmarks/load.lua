-- wrk -s load.lua URL -- get|page|create SIZE PATH [BODY]
-- get asks for one of SIZE records at random, page for PATH as it is, create adds a record. A PATH
-- may say with {id} where the id goes; a BODY may follow, with {n} for a number of its own.

local mode, size, path, template
local count = 0

function init(args)
  mode, size, path, template = args[1], tonumber(args[2]), args[3], args[4]
  wrk.headers["Authorization"] = "Bearer benchmark"
  wrk.headers["Content-Type"] = "application/json"
  math.randomseed(os.time())
end

function request()
  if mode == "get" then
    local id = string.format("%08x-0000-4000-8000-000000000000", math.random(0, size - 1))
    local asked, places = path:gsub("{id}", id)
    return wrk.format("GET", places > 0 and asked or path .. "/" .. id)
  elseif mode == "page" then
    return wrk.format("GET", path)
  end
  count = count + 1
  if template then
    return wrk.format("POST", path, nil, (template:gsub("{n}", count)))
  end
  local body = string.format(
    '{"feature":"reset","userPrincipalName":"new%d@contoso.com","userDisplayName":"New %d",' ..
    '"isSuccess":true,"authMethod":"email","failureReason":"",' ..
    '"eventDateTime":"2024-06-30T10:%02d:%02d.%07dZ"}',
    count, count, count % 60, math.floor(count / 60) % 60, count % 10000000)
  return wrk.format("POST", path, nil, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
