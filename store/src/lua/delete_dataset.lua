-- Deletes a data set: it is gone for all, its name is free, and it can be restored for a
-- while. What it holds goes when that while is over.
-- ARGV: 1 id  2 '1' to delete it although jobs read or change it
-- Answers: DONE (also when it is deleted already and may still be restored) | NOT_FOUND |
--          IN_USE jobs…
-- Events: dataset (deleted)
local id, force = ARGV[1], ARGV[2]
local name = redis.call('HGET', K.dataset(id), 'name')

if not name then
  return { redis.call('EXISTS', K.deleted_dataset(id)) == 1 and A.Done or A.NotFound }
end
local readers = redis.call('HKEYS', K.readers(id))
-- The house's own job of gathering parts is in nobody's way.
local gathering = redis.call('GET', K.gathering(id))
local in_use = { A.InUse }
for _, job in ipairs(readers) do
  if job ~= gathering then in_use[#in_use + 1] = job end
end
if #in_use > 1 and force ~= '1' then return in_use end

redis.call('HDEL', K.names, string.lower(name))
redis.call('RENAME', K.dataset(id), K.deleted_dataset(id))
redis.call('ZADD', K.deleted, whole(now), id)
tell_gone(K.shared_events, 'dataset', id)
return { A.Done }
