-- Notes what a collection looked like when it was last read.
-- ARGV: 1 id  2 schema  3 keys
-- Answers: DONE | NOT_FOUND
-- Events: dataset, unless nothing changed
local id, schema, keys = ARGV[1], ARGV[2], ARGV[3]
local found = redis.call('HMGET', K.dataset(id), 'kind', 'schema', 'rows')

if found[1] ~= 'collection' then return { A.NotFound } end
if found[2] == schema and found[3] == keys then return { A.Done } end

redis.call('HSET', K.dataset(id), 'schema', schema, 'rows', keys)
tell_dataset(id)
return { A.Done }
