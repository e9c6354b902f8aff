-- Deletes a job that is over, and its result when no other job refers to it.
-- ARGV: 1 job  2 owner
-- Answers: DONE | NOT_FOUND | NOT_YOURS | WRONG_STATE state
-- Events: job (deleted)
local id, owner = ARGV[1], ARGV[2]
local job = load(K.job(id))

if not job then return { A.NotFound } end
if job.owner ~= owner then return { A.NotYours } end
if not is_over(job.state) then return { A.WrongState, job.state } end

if job.result then
  local key = K.result(job.result)
  redis.call('HDEL', key, 'job:' .. id)
  local others = false
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.match(field, '^job:') then others = true end
  end
  if not others then
    for part in string.gmatch(redis.call('HGET', key, 'parts') or '', '[^\n]+') do
      redis.call('SADD', K.rubbish, part)
    end
    redis.call('DEL', key)
  end
end
discard_writing(id)
forget_job(id, owner)
tell_gone(K.owner_events(owner), 'job', id, owner)
return { A.Done }
