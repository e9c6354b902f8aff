-- Ends a job by its owner, at once, also when its worker is dead. The worker's token is
-- worth nothing from then on.
-- ARGV: 1 job  2 owner
-- Answers: DONE | NOT_FOUND | NOT_YOURS | WRONG_STATE state
-- Events: job (cancelled)
local id, owner = ARGV[1], ARGV[2]
local job = load(K.job(id))

if not job then return { A.NotFound } end
if job.owner ~= owner then return { A.NotYours } end
if job.state == 'cancelled' then return { A.Done } end
if is_over(job.state) then return { A.WrongState, job.state } end

if job.state == 'running' then end_attempt(id, job, 'cancelled', nil) end
close(id, job, 'cancelled')
redis.call('PUBLISH', K.cancel_channel, id)
tell_job(id)
return { A.Done }
