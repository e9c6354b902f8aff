-- Takes back jobs whose lease has run out, puts those that are due for another try back in
-- line, and forgets workers long unheard of.
--
-- It is called every second. When it was not called for a while, Redis or all servers were
-- out of reach, and so were the workers: no lease ends then for one lease's length.
-- ARGV: 1 most jobs  2 lease in ms  3 pause in ms that means an outage
--       4 ms after which a worker is forgotten  5 crash limit  6 loss limit
--       7 problem of too many crashes  8 problem of too many losses
-- Answers: DONE, then for each job: {id, state}
-- Events: job (queued or failed), one for each; worker (gone), one for each
local answer = { A.Done }
if promote_due() > 0 then redis.call('PUBLISH', K.wake_channel, '') end

local times = redis.call('HMGET', K.queue, 'reaped_at', 'no_reap_before')
local reaped_at, no_reap_before = tonumber(times[1] or now), tonumber(times[2] or 0)
redis.call('HSET', K.queue, 'reaped_at', whole(now))
if now - reaped_at > tonumber(ARGV[3]) then
  no_reap_before = now + tonumber(ARGV[2])
  redis.call('HSET', K.queue, 'no_reap_before', whole(no_reap_before))
end
if now < no_reap_before then return answer end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.leased, '-inf', whole(now), 'LIMIT', 0, ARGV[1])) do
  local job = load(K.job(id))
  if job and job.token then
    local state = take_back(id, job, 'lost', tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8])
    answer[#answer + 1] = { id, state }
  else
    redis.call('ZREM', K.leased, id)
  end
end
if #answer > 1 then redis.call('PUBLISH', K.wake_channel, '') end

local unheard = whole(now - tonumber(ARGV[4]))
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', K.workers, '-inf', unheard, 'LIMIT', 0, 100)) do
  local holds = false
  for _, field in ipairs(redis.call('HKEYS', K.worker(worker))) do
    if string.match(field, '^token:') then holds = true end
  end
  if not holds then forget_worker(worker) end
end
return answer
