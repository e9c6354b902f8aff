-- Prolongs the leases of a worker's jobs and notes that it was heard of.
-- ARGV: 1 worker  2 lease in ms  3… job, token, job, token
-- Answers: UNKNOWN_WORKER | DONE, then for each job: DONE | FENCED
-- Events: none
local worker, lease = ARGV[1], tonumber(ARGV[2])

if redis.call('EXISTS', K.worker(worker)) == 0 then return { A.UnknownWorker } end

local till = whole(now + lease)
redis.call('HSET', K.worker(worker), 'seen', whole(now))
redis.call('ZADD', K.workers, whole(now), worker)
local answer = { A.Done }
for i = 3, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', K.job(id), 'token') == token then
    redis.call('HSET', K.job(id), 'lease', till)
    redis.call('ZADD', K.leased, till, id)
    answer[#answer + 1] = A.Done
  else
    answer[#answer + 1] = A.Fenced
  end
end
return answer
