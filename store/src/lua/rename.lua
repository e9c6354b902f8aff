-- Renames a data set.
-- ARGV: 1 id  2 folded name  3 name
-- Answers: DONE | NOT_FOUND | NAME_TAKEN
-- Events: dataset, unless it has that very name
local id, folded, name = ARGV[1], ARGV[2], ARGV[3]
local before = redis.call('HGET', K.dataset(id), 'name')

if not before then return { A.NotFound } end
local holder = redis.call('HGET', K.names, folded)
if holder and holder ~= id then return { A.NameTaken } end
if before == name then return { A.Done } end

redis.call('HDEL', K.names, string.lower(before))
redis.call('HSET', K.names, folded, id)
redis.call('HSET', K.dataset(id), 'name', name)
tell_dataset(id)
return { A.Done }
