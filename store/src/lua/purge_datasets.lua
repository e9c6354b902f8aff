-- Ends deleted data sets that can no longer be restored, with all their versions.
-- ARGV: 1 most data sets  2 ms for which a data set can be restored
-- Answers: DONE, then their ids
-- Events: none; they were told of as deleted
local answer = { A.Done }
local due = whole(now - tonumber(ARGV[2]))
for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.deleted, '-inf', due, 'LIMIT', 0, ARGV[1])) do
  local current = redis.call('HGET', K.deleted_dataset(id), 'version')
  if current then redis.call('DEL', K.manifest(id, current), K.profile(id, current)) end
  for _, version in ipairs(redis.call('ZRANGE', K.old(id), 0, -1)) do
    redis.call('DEL', K.manifest(id, version), K.profile(id, version))
  end
  give_up_parts(id, redis.call('ZRANGE', K.parts(id), 0, -1))
  -- Jobs that read it or change it, under force, take themselves out as they end.
  redis.call('DEL', K.deleted_dataset(id), K.parts(id), K.dropped(id), K.old(id), K.holds(id), K.history(id))
  redis.call('SREM', K.aging, id)
  redis.call('ZREM', K.deleted, id)
  answer[#answer + 1] = id
end
return answer
