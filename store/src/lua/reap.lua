-- Takes back all that a worker holds and forgets the worker.
-- ARGV: 1 worker  2 'crashed' | 'lost' | 'handed_back'  3 crash limit  4 loss limit
--       5 problem of too many crashes  6 problem of too many losses
-- Answers: DONE, then for each job: {id, state}
-- Events: job (queued or failed), one for each; worker (gone)
local worker, outcome = ARGV[1], ARGV[2]
local answer = { A.Done }

local registered = load(K.worker(worker))
if not registered then return answer end

for field, id in pairs(registered) do
  local token = string.match(field, '^token:(.+)$')
  if token then
    local job = load(K.job(id))
    if job and job.token == token then
      local state = take_back(id, job, outcome, tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6])
      answer[#answer + 1] = { id, state }
    end
  end
end
if #answer > 1 then redis.call('PUBLISH', K.wake_channel, '') end
forget_worker(worker)
return answer
