-- Gives up what an attempt has written that found itself fenced after its job was over. A
-- job that is not over is left alone: its parts may be those of the attempt that runs now.
-- ARGV: 1 job
-- Answers: DONE | WRONG_STATE state
-- Events: none
local id = ARGV[1]
local state = redis.call('HGET', K.job(id), 'state')
if state and not is_over(state) then return { A.WrongState, state } end

discard_writing(id)
return { A.Done }
