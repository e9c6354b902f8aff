-- Brings a deleted data set back under its name.
-- ARGV: 1 id  2 ms for which this is possible
-- Answers: DONE (also when it is there) | NOT_FOUND (never there, or too late) | NAME_TAKEN name
-- Events: dataset
local id, while_ms = ARGV[1], tonumber(ARGV[2])

if redis.call('EXISTS', K.dataset(id)) == 1 then return { A.Done } end
local name = redis.call('HGET', K.deleted_dataset(id), 'name')
if not name or now - tonumber(redis.call('ZSCORE', K.deleted, id) or '0') > while_ms then
  return { A.NotFound }
end
if redis.call('HEXISTS', K.names, string.lower(name)) == 1 then return { A.NameTaken, name } end

redis.call('RENAME', K.deleted_dataset(id), K.dataset(id))
redis.call('ZREM', K.deleted, id)
redis.call('HSET', K.names, string.lower(name), id)
tell_dataset(id)
return { A.Done }
