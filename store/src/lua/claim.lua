-- Hands the jobs that are next to a worker, under a lease, one for each token. A token that
-- has a job already gets the same one again.
-- ARGV: 1 worker  2 lease in ms  3… tokens
-- Answers: UNKNOWN_WORKER | DONE, then for each job: {id, token, attempt, retries, spec}
-- Events: job (running), one for each
local worker, lease = ARGV[1], tonumber(ARGV[2])

if redis.call('EXISTS', K.worker(worker)) == 0 then return { A.UnknownWorker } end

promote_due()

local function next_job()
  while true do
    local first = redis.call('ZPOPMIN', K.ready)
    if #first == 0 then return nil end
    -- A member without its job would be a leftover; it must not stop the line.
    local job = load(K.job(first[1]))
    if job and job.state == 'queued' then return first[1], job end
  end
end

local function take(id, job, token)
  local attempt = whole(tonumber(job.attempt) + 1)
  redis.call('HSET', K.job(id), 'state', 'running', 'attempt', attempt, 'token', token, 'worker', worker,
    'lease', whole(now + lease), 'started', whole(now))
  redis.call('HDEL', K.job(id), 'spent')
  redis.call('ZADD', K.leased, whole(now + lease), id)
  redis.call('HSET', K.worker(worker), 'token:' .. token, id)
  count(job.owner, 'queued', 'running')
  tell_job(id)
end

local answer = { A.Done }
for i = 3, #ARGV do
  local token = ARGV[i]
  local id = redis.call('HGET', K.worker(worker), 'token:' .. token)
  if not id then
    local job
    id, job = next_job()
    if not id then break end
    take(id, job, token)
  end
  local job = load(K.job(id))
  answer[#answer + 1] = { id, token, job.attempt, job.retries or '0', redis.call('GET', K.spec(id)) or '' }
end
return answer
