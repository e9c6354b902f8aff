-- Notes what a collection looks like now, and tells it, though once a second at most.
-- ARGV: 1 id  2 schema  3 records  4 digest of the records
-- Answers: DONE | CHANGED (noted, but told less than a second ago: call again) | NOT_FOUND
-- Events: dataset, unless nothing has changed since it was told
local id, schema, records, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local found = redis.call('HMGET', K.dataset(id), 'kind', 'schema', 'rows', 'digest', 'told', 'untold')

if found[1] ~= 'collection' then return { A.NotFound } end
local same = found[2] == schema and found[3] == records and found[4] == digest
if same and not found[6] then return { A.Done } end

redis.call('HSET', K.dataset(id), 'schema', schema, 'rows', records, 'digest', digest)
if found[5] and now - tonumber(found[5]) < 1000 then
  redis.call('HSET', K.dataset(id), 'untold', '1')
  return { A.Changed }
end
redis.call('HSET', K.dataset(id), 'told', whole(now))
redis.call('HDEL', K.dataset(id), 'untold')
tell_dataset(id)
return { A.Done }
