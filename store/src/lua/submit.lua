-- Takes a new job and puts it at the end of the line.
-- ARGV: 1 id  2 owner  3 kind  4 spec  5 name that must be free, or ''
--       6 digest of the idempotency key, or ''  7 hash of the request  8 its life in seconds
--       9 data set that it loads rows into, or ''  10 upload that it reads, or ''
--       11 number of inputs, then for each: data set, version (0 for none), then
--       … data keys that go when the job is over
-- Answers: DONE | ALREADY_THERE id (also when another job gathers the parts of the data set
--          already) | IDEMPOTENCY_CONFLICT | UNKNOWN_INPUT data set | NAME_TAKEN
-- Events: job (queued)
local id, owner, kind, spec, name, digest, request, life = unpack(ARGV, 1, 8)
local lane, upload = ARGV[9], ARGV[10]
local inputs = tonumber(ARGV[11])
local function input(n) return ARGV[10 + 2 * n], ARGV[11 + 2 * n] end

if redis.call('EXISTS', K.job(id)) == 1 then return { A.AlreadyThere, id } end
if digest ~= '' then
  local known = redis.call('GET', K.idempotency(owner, digest))
  if known then
    local hash, job = string.match(known, '^(%S*) (%S+)$')
    if redis.call('EXISTS', K.job(job)) == 1 then
      if hash ~= request then return { A.IdempotencyConflict } end
      return { A.AlreadyThere, job }
    end
  end
end
for n = 1, inputs do
  local dataset, version = input(n)
  if redis.call('EXISTS', K.dataset(dataset)) == 0
    or (version ~= '0' and redis.call('EXISTS', K.manifest(dataset, version)) == 0) then
    return { A.UnknownInput, dataset }
  end
end
if name ~= '' and redis.call('HEXISTS', K.names, name) == 1 then return { A.NameTaken } end
if kind == 'compact' then
  local other = redis.call('GET', K.gathering(input(1)))
  if other and redis.call('EXISTS', K.job(other)) == 1 then return { A.AlreadyThere, other } end
end

-- No two jobs share a score, so it orders the lists too and serves as their cursor.
local last = tonumber(redis.call('HGET', K.queue, 'last_score') or '0')
local score = whole(math.max(now_micros, last + 1))
redis.call('HSET', K.queue, 'last_score', score)
redis.call('HSET', K.job(id), 'state', 'queued', 'kind', kind, 'owner', owner, 'created', whole(now),
  'score', score, 'attempt', '0', 'inputs', tostring(inputs))
for n = 1, inputs do
  local dataset, version = input(n)
  redis.call('HSET', K.job(id), 'input' .. n, dataset)
  redis.call('HSET', K.readers(dataset), id, version)
end
redis.call('SET', K.spec(id), spec)
redis.call('ZADD', K.jobs, score, id)
redis.call('ZADD', K.owner_jobs(owner), score, id)
join_line(id, score, lane)
if kind == 'compact' then redis.call('SET', K.gathering(input(1)), id) end
if upload ~= '' then redis.call('ZREM', K.uploads, upload) end
for i = 12 + 2 * inputs, #ARGV do redis.call('SADD', K.writing(id), ARGV[i]) end
count(owner, nil, 'queued')
if digest ~= '' then
  redis.call('SET', K.idempotency(owner, digest), request .. ' ' .. id, 'EX', life)
end
redis.call('PUBLISH', K.wake_channel, '')
tell_job(id)
return { A.Done }
