-- Deletes a data set. Its parts are named by the caller, who has read the manifest, so
-- the version must still be the one that was read.
-- ARGV: 1 id  2 version  3 '1' to delete it although jobs read it  4… part keys
-- Answers: DONE | NOT_FOUND | CHANGED | IN_USE jobs…
-- Events: dataset (deleted)
local id, version, force = ARGV[1], ARGV[2], ARGV[3]
local found = redis.call('HMGET', K.dataset(id), 'name', 'version')

if not found[1] then return { A.NotFound } end
if found[2] ~= version then return { A.Changed } end
local readers = redis.call('HKEYS', K.readers(id))
if #readers > 0 and force ~= '1' then
  table.insert(readers, 1, A.InUse)
  return readers
end

for i = 4, #ARGV do redis.call('SADD', K.rubbish, ARGV[i]) end
redis.call('HDEL', K.names, string.lower(found[1]))
for n = 1, tonumber(version) do redis.call('DEL', K.manifest(id, n), K.profile(id, n)) end
redis.call('DEL', K.dataset(id), K.readers(id))
tell_gone(K.shared_events, 'dataset', id)
return { A.Done }
