-- Deletes a record of a collection.
-- KEYS: 1 the record
-- Answers: DONE | NOT_FOUND
-- Events: none
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return { A.NotFound } end

redis.call('DEL', KEYS[1])
return { A.Done }
