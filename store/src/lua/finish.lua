-- Ends a job by the worker that holds it.
-- ARGV: 1 job  2 token  3 what it leaves, then
--   'nothing'
--   'failed':  4 problem
--   'result':  4 id  5 meta  6 finding  7 rows  8 bytes  9… part keys
--   'dataset': 4 id  5 folded name  6 name  7 version  8 schema  9 rows  10 bytes  11 source
--              12 manifest  13… part keys
--   'profile': 4 data set  5 version  6 profile. The job is nobody's own and goes at once, so
--              that the same call again is FENCED.
-- Answers: DONE | FENCED | NAME_TAKEN (nothing changed: the worker holds the job still)
-- Events: dataset when it leaves one or its profile, then job (succeeded or failed)
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
end

-- The parts are referred to from now on.
local function keep_parts(first)
  for i = first, #ARGV do redis.call('SREM', K.writing(id), ARGV[i]) end
end

if leaves == 'result' then
  redis.call('HSET', K.result(ARGV[4]), 'meta', ARGV[5], 'finding', ARGV[6], 'rows', ARGV[7], 'bytes', ARGV[8],
    'parts', table.concat(ARGV, '\n', 9), 'created', whole(now), 'job:' .. id, '1')
  redis.call('HSET', K.job(id), 'result', ARGV[4])
  keep_parts(9)
elseif leaves == 'dataset' then
  local dataset = ARGV[4]
  redis.call('HSET', K.names, ARGV[5], dataset)
  redis.call('HSET', K.dataset(dataset), 'name', ARGV[6], 'kind', 'table', 'version', ARGV[7], 'schema', ARGV[8],
    'rows', ARGV[9], 'bytes', ARGV[10], 'source', ARGV[11], 'parts', whole(#ARGV - 12))
  redis.call('HSETNX', K.dataset(dataset), 'owner', job.owner)
  redis.call('HSETNX', K.dataset(dataset), 'created', whole(now))
  redis.call('SET', K.manifest(dataset, ARGV[7]), ARGV[12])
  redis.call('HSET', K.job(id), 'dataset', dataset, 'version', ARGV[7])
  keep_parts(13)
end

-- The version may have gone meanwhile; then nobody asks for its profile.
local profiled = leaves == 'profile' and redis.call('EXISTS', K.manifest(ARGV[4], ARGV[5])) == 1
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
if leaves == 'dataset' then tell_dataset(ARGV[4]) end
tell_job(id)
return { A.Done }
