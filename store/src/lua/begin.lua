-- Gives the data an epoch, once, and the main stream its first entry, so that there is a
-- position to start from.
-- ARGV: 1 a fresh epoch
-- Answers: the epoch that holds
-- Events: epoch, seen by nobody
if redis.call('HSETNX', K.queue, 'epoch', ARGV[1]) == 1 then
  append(nil, { 'event', 'epoch', 'epoch', ARGV[1] })
end
return redis.call('HGET', K.queue, 'epoch')
