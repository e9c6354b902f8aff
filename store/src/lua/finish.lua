-- Ends a job by the worker that holds it.
-- ARGV: 1 job  2 token  3 what it leaves, then
--   'nothing'
--   'failed':  4 problem
--   'result':  4 id  5 meta  6 finding  7 rows  8 bytes  9… part keys
--   'dataset': 4 id  5 folded name  6 name  7 schema  8 rows  9 bytes  10 source  11 manifest
--              12… part keys
--   'version': 4 data set  5 the version that it comes after  6 'append' | 'replace' | 'compact'
--              7 schema  8 rows  9 bytes  10 small parts  11 manifest  12… all its part keys
--   'profile': 4 data set  5 version  6 profile. The job is nobody's own and goes at once, so
--              that the same call again is FENCED.
-- Answers: DONE | FENCED, and while the worker holds the job still, nothing having changed:
--          NAME_TAKEN | NOT_FOUND | CHANGED version (the data set is at that one by now)
-- Events: dataset when it leaves a version or its profile, then job (succeeded or failed)
local id, token, leaves = ARGV[1], ARGV[2], ARGV[3]
local job = load(K.job(id))

if not job then return { A.Fenced } end
if job.token ~= token then
  if job.spent == token and (job.state == 'succeeded' or job.state == 'failed') then return { A.Done } end
  return { A.Fenced }
end
if leaves == 'dataset' then
  local holder = redis.call('HGET', K.names, ARGV[5])
  if holder and holder ~= ARGV[4] then return { A.NameTaken } end
elseif leaves == 'version' then
  local current = redis.call('HGET', K.dataset(ARGV[4]), 'version')
  if not current then return { A.NotFound } end
  if current ~= ARGV[5] then return { A.Changed, current } end
end

-- The arguments from this one on; there may be more than `unpack` takes.
local function from(first)
  local rest = {}
  for i = first, #ARGV do rest[#rest + 1] = ARGV[i] end
  return rest
end

if leaves == 'result' then
  redis.call('HSET', K.result(ARGV[4]), 'meta', ARGV[5], 'finding', ARGV[6], 'rows', ARGV[7], 'bytes', ARGV[8],
    'parts', table.concat(ARGV, '\n', 9), 'created', whole(now), 'job:' .. id, '1')
  redis.call('HSET', K.job(id), 'result', ARGV[4])
  -- The parts are referred to from now on.
  for i = 9, #ARGV do redis.call('SREM', K.writing(id), ARGV[i]) end
elseif leaves == 'dataset' then
  local dataset, parts = ARGV[4], from(12)
  redis.call('HSET', K.names, ARGV[5], dataset)
  redis.call('HSET', K.dataset(dataset), 'name', ARGV[6], 'kind', 'table', 'version', '1', 'content_version', '1',
    'schema', ARGV[7], 'rows', ARGV[8], 'bytes', ARGV[9], 'source', ARGV[10], 'parts', whole(#parts),
    'owner', job.owner, 'created', whole(now))
  publish(dataset, '1', 'import', id, ARGV[8], ARGV[9], ARGV[11], parts)
  redis.call('HSET', K.job(id), 'dataset', dataset, 'version', '1')
elseif leaves == 'version' then
  local dataset, how, parts = ARGV[4], ARGV[6], from(12)
  local version = whole(tonumber(ARGV[5]) + 1)
  redis.call('HSET', K.dataset(dataset), 'version', version, 'schema', ARGV[7], 'rows', ARGV[8], 'bytes', ARGV[9],
    'small', ARGV[10], 'parts', whole(#parts))
  if how ~= 'compact' then redis.call('HSET', K.dataset(dataset), 'content_version', version) end
  publish(dataset, version, how, id, ARGV[8], ARGV[9], ARGV[11], parts)
  redis.call('HSET', K.job(id), 'dataset', dataset, 'version', version)
end

-- The version may have gone meanwhile, or be about to; then nobody asks for its profile.
local profiled = leaves == 'profile' and redis.call('EXISTS', K.dataset(ARGV[4])) == 1
  and redis.call('EXISTS', K.manifest(ARGV[4], ARGV[5])) == 1
if profiled then redis.call('SET', K.profile(ARGV[4], ARGV[5]), ARGV[6]) end

local failed = leaves == 'failed'
local state = failed and 'failed' or 'succeeded'
end_attempt(id, job, state, failed and ARGV[4] or '')
redis.call('HSET', K.job(id), 'spent', token)
close(id, job, state)

-- How long jobs take of late, for those who wait.
local took = now - tonumber(job.started)
local mean = redis.call('HGET', K.queue, 'mean_ms')
mean = mean and 0.8 * tonumber(mean) + 0.2 * took or took
redis.call('HSET', K.queue, 'mean_ms', string.format('%.3f', mean))

if leaves == 'profile' then
  forget_job(id, job.owner)
  if profiled then tell_dataset(ARGV[4]) end
  return { A.Done }
end
if leaves == 'dataset' or leaves == 'version' then tell_dataset(ARGV[4]) end
tell_job(id)
return { A.Done }
