-- Changes a job's label (its spec, written whole) or its pin.
-- ARGV: 1 job  2 owner  3 spec as read  4 spec as it shall be  5 pinned: '1', '0' or '' for as it is
-- Answers: DONE | NOT_FOUND | NOT_YOURS | CHANGED (the spec is not the one that was read)
-- Events: job
local id, owner, before, after, pinned = unpack(ARGV, 1, 5)
local job = load(K.job(id))

if not job then return { A.NotFound } end
if job.owner ~= owner then return { A.NotYours } end
local spec = redis.call('GET', K.spec(id))
if spec ~= before and spec ~= after then return { A.Changed } end

if spec ~= after then redis.call('SET', K.spec(id), after) end
if pinned ~= '' then redis.call('HSET', K.job(id), 'pinned', pinned) end
tell_job(id)
return { A.Done }
