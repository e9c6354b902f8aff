-- Writes a record of a collection whole.
-- KEYS: 1 the record
-- ARGV: field, value, field, value…
-- Answers: DONE | OTHER_TYPE (the key holds something else)
-- Events: none
local type = redis.call('TYPE', KEYS[1]).ok
if type ~= 'none' and type ~= 'hash' then return { A.OtherType } end

redis.call('DEL', KEYS[1])
for i = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return { A.Done }
