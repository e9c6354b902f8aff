-- Writes a record of a collection whole. Runs on any Redis: it names no key of Assay's,
-- and the first write is the one that a full Redis refuses.
-- KEYS: 1 the record
-- ARGV: 1 type (hash or string)  2… field, value, field, value…; or the text
-- Answers: done | other_type (the key holds something else)
-- Events: none
local type = redis.call('TYPE', KEYS[1]).ok
if type ~= 'none' and type ~= ARGV[1] then return { 'other_type' } end

if ARGV[1] == 'string' then
  redis.call('SET', KEYS[1], ARGV[2])
  return { 'done' }
end

local given = {}
for i = 2, #ARGV, 2 do
  given[ARGV[i]] = true
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not given[field] then redis.call('HDEL', KEYS[1], field) end
end
return { 'done' }
