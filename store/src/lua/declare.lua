-- Makes a collection.
-- ARGV: 1 id  2 folded name  3 name  4 owner  5 pattern  6 type  7 schema  8 records  9 digest
--       10 the source it is read from, empty for this Redis
-- Answers: DONE | NAME_TAKEN
-- Events: dataset
local id, folded, name, owner, pattern, type, schema, records, digest, from = unpack(ARGV, 1, 10)
local holder = redis.call('HGET', K.names, folded)

if holder == id then return { A.Done } end
if holder then return { A.NameTaken } end

redis.call('HSET', K.names, folded, id)
redis.call('HSET', K.dataset(id), 'name', name, 'kind', 'collection', 'owner', owner, 'pattern', pattern,
  'type', type, 'from', from, 'schema', schema, 'rows', records, 'digest', digest, 'told', whole(now),
  'bytes', '0', 'parts', '0', 'version', '0', 'source', '', 'created', whole(now))
tell_dataset(id)
return { A.Done }
