-- Puts a job back by the worker that holds it: at once to where it stood (a worker that
-- stops in good order), or later for another try (a passing failure).
-- ARGV: 1 job  2 token  3 'handed_back' | 'retried'  4 delay in ms  5 problem
-- Answers: DONE | FENCED
-- Events: job (queued)
local id, token, outcome = ARGV[1], ARGV[2], ARGV[3]
local job = load(K.job(id))

if not job then return { A.Fenced } end
if job.token ~= token then
  if job.spent == token and job.state == 'queued' then return { A.Done } end
  return { A.Fenced }
end

end_attempt(id, job, outcome, ARGV[5])
redis.call('HSET', K.job(id), 'spent', token)
if outcome == 'retried' then
  local due = whole(now + tonumber(ARGV[4]))
  redis.call('HINCRBY', K.job(id), 'retries', 1)
  redis.call('HSET', K.job(id), 'state', 'queued', 'due', due)
  redis.call('ZADD', K.delayed, due, id)
  count(job.owner, 'running', 'queued')
else
  requeue(id, job)
  redis.call('PUBLISH', K.wake_channel, '')
end
tell_job(id)
return { A.Done }
