-- Gives up versions of a table before the current one: those that no job that is not over
-- reads, that nobody holds, and that were superseded a while ago. A part goes when no
-- version that is kept names it.
-- ARGV: 1 data set  2 ms for which a superseded version is kept in any case
-- Answers: DONE, versions that are kept besides the current one
-- Events: none
local dataset, grace = ARGV[1], tonumber(ARGV[2])

local is_read = {}
for _, version in ipairs(redis.call('HVALS', K.readers(dataset))) do is_read[version] = true end
for _, hold in ipairs(redis.call('ZRANGEBYSCORE', K.holds(dataset), '(' .. whole(now), '+inf')) do
  is_read[string.match(hold, '^%d+')] = true
end
redis.call('ZREMRANGEBYSCORE', K.holds(dataset), '-inf', whole(now))

local kept = {}
local old = redis.call('ZRANGE', K.old(dataset), 0, -1, 'WITHSCORES')
for i = 1, #old, 2 do
  if is_read[old[i]] or now - tonumber(old[i + 1]) < grace then
    kept[#kept + 1] = tonumber(old[i])
  else
    redis.call('ZREM', K.old(dataset), old[i])
    redis.call('DEL', K.manifest(dataset, old[i]), K.profile(dataset, old[i]))
  end
end

local unnamed = {}
local dropped = redis.call('ZRANGE', K.dropped(dataset), 0, -1, 'WITHSCORES')
for i = 1, #dropped, 2 do
  local first = tonumber(redis.call('ZSCORE', K.parts(dataset), dropped[i]) or '0')
  local last = tonumber(dropped[i + 1])
  local is_named = false
  for _, version in ipairs(kept) do
    if version >= first and version <= last then is_named = true end
  end
  if not is_named then unnamed[#unnamed + 1] = dropped[i] end
end
give_up_parts(dataset, unnamed)
if #kept == 0 then redis.call('SREM', K.aging, dataset) end
return { A.Done, whole(#kept) }
