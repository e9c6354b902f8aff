-- Registers a worker, or tells anew what a registered one is.
-- ARGV: 1 worker  2 slots  3 home
-- Answers: DONE
-- Events: worker, unless it was there with as many slots
local worker, slots, home = ARGV[1], ARGV[2], ARGV[3]
local before = redis.call('HGET', K.worker(worker), 'slots')

redis.call('HSET', K.worker(worker), 'slots', slots, 'home', home, 'seen', whole(now))
redis.call('HSETNX', K.worker(worker), 'started', whole(now))
redis.call('ZADD', K.workers, whole(now), worker)
if before ~= slots then tell_worker(worker, slots) end
return { A.Done }
