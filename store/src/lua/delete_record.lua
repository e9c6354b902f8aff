-- Deletes a record of a collection. Runs on any Redis.
-- KEYS: 1 the record
-- ARGV: 1 type (hash or string)
-- Answers: done | not_found
-- Events: none
if redis.call('TYPE', KEYS[1]).ok ~= ARGV[1] then return { 'not_found' } end

redis.call('DEL', KEYS[1])
return { 'done' }
