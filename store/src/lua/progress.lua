-- Notes how far a running job is, and publishes it; the streams never carry it.
-- ARGV: 1 job  2 token  3 stage  4 rows  5 of rows  6 bytes  7 of bytes
-- Answers: DONE | FENCED
-- Events: none
local id, token = ARGV[1], ARGV[2]
local found = redis.call('HMGET', K.job(id), 'token', 'owner')
if found[1] ~= token then return { A.Fenced } end

redis.call('HSET', K.job(id), 'stage', ARGV[3], 'rows', ARGV[4], 'of_rows', ARGV[5], 'bytes', ARGV[6],
  'of_bytes', ARGV[7])
redis.call('PUBLISH', K.progress_channel,
  table.concat({ found[2], id, ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7] }, '\t'))
return { A.Done }
