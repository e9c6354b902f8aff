-- Shared by the scripts that make, keep and give up versions of tables.

-- Lines of a history that are kept.
local HISTORY = 1000

-- Makes a version the current one. `named` are all parts that it names; what the version
-- before named and this one does not is kept for as long as the version before is.
local function publish(dataset, version, how, job, rows, bytes, manifest, named)
  local is_named = {}
  for _, part in ipairs(named) do
    is_named[part] = true
    redis.call('ZADD', K.parts(dataset), 'NX', version, part)
    redis.call('SREM', K.writing(job), part)
  end
  local before = whole(tonumber(version) - 1)
  if redis.call('EXISTS', K.manifest(dataset, before)) == 1 then
    for _, part in ipairs(redis.call('ZRANGE', K.parts(dataset), 0, -1)) do
      if not is_named[part] then redis.call('ZADD', K.dropped(dataset), 'NX', before, part) end
    end
    redis.call('ZADD', K.old(dataset), whole(now), before)
    redis.call('SADD', K.aging, dataset)
  end
  redis.call('SET', K.manifest(dataset, version), manifest)
  redis.call('RPUSH', K.history(dataset),
    table.concat({ version, how, rows, bytes, whole(#named), whole(now), job }, '\t'))
  redis.call('LTRIM', K.history(dataset), -HISTORY, -1)
end

-- Moves parts to what is to be deleted.
local function give_up_parts(dataset, parts)
  for _, part in ipairs(parts) do
    redis.call('SADD', K.rubbish, part)
    redis.call('ZREM', K.parts(dataset), part)
    redis.call('ZREM', K.dropped(dataset), part)
  end
end

-- The order of loads -----------------------------------------------------------

-- Puts a new job in line: of those that load rows into one data set only the first is.
local function join_line(id, score, dataset)
  if dataset == '' then
    redis.call('ZADD', K.ready, score, id)
    return
  end
  local is_behind = redis.call('EXISTS', K.lane(dataset)) == 1
  redis.call('ZADD', K.lane(dataset), score, id)
  redis.call('HSET', K.job(id), 'lane', dataset)
  if is_behind then
    redis.call('HSET', K.job(id), 'behind', '1')
  else
    redis.call('ZADD', K.ready, score, id)
  end
end
