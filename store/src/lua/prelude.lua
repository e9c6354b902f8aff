-- Shared by all scripts. K holds key names, A the words of answers.

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local now_micros = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

-- A whole number as text; Lua's own way bends large ones to 1e+15.
local function whole(n)
  return string.format('%.0f', n)
end

-- A hash as a table; nil when there is none.
local function load(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local hash = {}
  for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
  return hash
end

-- Events ---------------------------------------------------------------------

-- Appends to the main stream and, with the same id, to that of the audience.
local function append(audience, fields)
  local id = redis.call('XADD', K.events, 'MAXLEN', '~', MAIN_LENGTH, '*', unpack(fields))
  if audience then
    redis.call('XADD', audience, 'MAXLEN', '~', PART_LENGTH, id, unpack(fields))
  end
end

-- What only its holder may know of a job, or only the scripts need.
local UNTOLD = { token = true, spent = true, lease = true, score = true, inputs = true, lane = true }

-- Tells a job as it now stands: its fields, how many attempts have ended, and its place
-- in line.
local function tell_job(id)
  local fields = { 'event', 'job', 'id', id }
  local owner, state
  local flat = redis.call('HGETALL', K.job(id))
  for i = 1, #flat, 2 do
    if flat[i] == 'owner' then owner = flat[i + 1] end
    if flat[i] == 'state' then state = flat[i + 1] end
    if not UNTOLD[flat[i]] and not string.match(flat[i], '^input%d') then
      fields[#fields + 1] = flat[i]
      fields[#fields + 1] = flat[i + 1]
    end
  end
  fields[#fields + 1] = 'ended'
  fields[#fields + 1] = whole(redis.call('LLEN', K.attempts(id)))
  local rank = state == 'queued' and redis.call('ZRANK', K.ready, id)
  if rank then
    fields[#fields + 1] = 'rank'
    fields[#fields + 1] = whole(rank)
  end
  append(K.owner_events(owner), fields)
end

-- Tells a data set as it now stands, without its schema, which may be large. (An entry's
-- kind is its field `event`: a collection has a `type` of its own.)
local function tell_dataset(id)
  local fields = { 'event', 'dataset', 'id', id }
  local flat = redis.call('HGETALL', K.dataset(id))
  for i = 1, #flat, 2 do
    if flat[i] ~= 'schema' then
      fields[#fields + 1] = flat[i]
      fields[#fields + 1] = flat[i + 1]
    end
  end
  append(K.shared_events, fields)
end

local function tell_gone(audience, type, id, owner)
  append(audience, { 'event', type, 'id', id, 'deleted', '1', 'owner', owner or '' })
end

local function tell_worker(id, slots)
  append(K.shared_events, { 'event', 'worker', 'id', id, 'slots', slots })
end

-- Jobs -----------------------------------------------------------------------

local function is_over(state)
  return state == 'succeeded' or state == 'failed' or state == 'cancelled'
end

-- Moves a job from one of its owner's counts to another; either may be nil.
local function count(owner, from, to)
  if from then redis.call('HINCRBY', K.owner(owner), from, -1) end
  if to then redis.call('HINCRBY', K.owner(owner), to, 1) end
end

-- Ends the running attempt: a line for the timeline, and nobody holds the job.
local function end_attempt(id, job, outcome, problem)
  redis.call('RPUSH', K.attempts(id),
    table.concat({ job.attempt, job.worker, job.started, whole(now), outcome, problem or '' }, '\t'))
  redis.call('ZREM', K.leased, id)
  redis.call('HDEL', K.worker(job.worker), 'token:' .. job.token)
  redis.call('HDEL', K.job(id), 'token', 'worker', 'lease', 'stage', 'rows', 'of_rows', 'bytes', 'of_bytes')
end

-- Puts a job whose attempt has ended back in line, where it stood before.
local function requeue(id, job)
  redis.call('HSET', K.job(id), 'state', 'queued')
  redis.call('ZADD', K.ready, job.score, id)
  count(job.owner, 'running', 'queued')
end

-- What a job has read in or written and nothing refers to is to be deleted.
local function discard_writing(id)
  if redis.call('EXISTS', K.writing(id)) == 0 then return end
  redis.call('SUNIONSTORE', K.rubbish, K.rubbish, K.writing(id))
  redis.call('DEL', K.writing(id))
end

-- Takes a job that is over out of the order of loads; the next one gets in line.
local function leave_lane(id, dataset)
  redis.call('ZREM', K.lane(dataset), id)
  local first = redis.call('ZRANGE', K.lane(dataset), 0, 0)[1]
  if first and redis.call('HDEL', K.job(first), 'behind') == 1 then
    redis.call('ZADD', K.ready, redis.call('HGET', K.job(first), 'score'), first)
    redis.call('PUBLISH', K.wake_channel, '')
  end
end

-- Ends a job for ever: one that was in line, or one whose attempt has ended.
local function close(id, job, state)
  if job.state == 'queued' then
    redis.call('ZREM', K.ready, id)
    redis.call('ZREM', K.delayed, id)
    redis.call('HDEL', K.job(id), 'due', 'behind')
  end
  redis.call('HSET', K.job(id), 'state', state, 'finished', whole(now))
  for n = 1, tonumber(job.inputs) do
    redis.call('HDEL', K.readers(job['input' .. n]), id)
  end
  if job.lane then leave_lane(id, job.lane) end
  if job.kind == 'compact' then redis.call('DEL', K.gathering(job.input1)) end
  discard_writing(id)
  count(job.owner, job.state, nil)
end

-- Removes what there is of a job that is over.
local function forget_job(id, owner)
  redis.call('ZREM', K.jobs, id)
  redis.call('ZREM', K.owner_jobs(owner), id)
  redis.call('DEL', K.job(id), K.spec(id), K.attempts(id))
end

-- Takes a running job back from a worker that has gone. An attempt that crashed or was
-- lost once too often fails the job. Answers the job's state.
local function take_back(id, job, outcome, crash_limit, loss_limit, crashed, lost)
  local crashes, losses = tonumber(job.crashes or 0), tonumber(job.losses or 0)
  local problem
  if outcome == 'crashed' then
    crashes = crashes + 1
    if crashes >= crash_limit then problem = crashed end
  elseif outcome == 'lost' then
    losses = losses + 1
    if losses > loss_limit then problem = lost end
  end
  end_attempt(id, job, outcome, problem)
  redis.call('HSET', K.job(id), 'crashes', whole(crashes), 'losses', whole(losses))
  if problem then
    close(id, job, 'failed')
  else
    requeue(id, job)
  end
  tell_job(id)
  return problem and 'failed' or 'queued'
end

-- Forgets a worker and tells so.
local function forget_worker(worker)
  redis.call('DEL', K.worker(worker))
  redis.call('ZREM', K.workers, worker)
  tell_worker(worker, '0')
end

-- Puts waiting jobs that are due back in line; answers how many.
local function promote_due()
  local due = redis.call('ZRANGEBYSCORE', K.delayed, '-inf', whole(now), 'LIMIT', 0, 100)
  for _, id in ipairs(due) do
    local score = redis.call('HGET', K.job(id), 'score')
    redis.call('ZREM', K.delayed, id)
    if score then
      redis.call('HDEL', K.job(id), 'due')
      redis.call('ZADD', K.ready, score, id)
    end
  end
  return #due
end
