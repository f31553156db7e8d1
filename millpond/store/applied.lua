-- Moves applied offsets forward, each by compare-and-set, and says since when a partition is fresh.
--   KEYS[1]  the hash of applied offsets
--   KEYS[2]  the hash of freshness
--   ARGV     fives: field, the offset expected ('' for none), the new offset, freshness field, instant in ms ('' for none)
-- An offset already where it is to go counts as moved: the reply of an earlier attempt was lost, or another
-- materializer wrote the same rows; either writes the rows first.
-- Fresh stamps carry an epoch, drawn when the first is set: a Reader that finds another one knows that what it
-- remembers is of a store that has been emptied since.
-- Returns pairs of field and offset found ('' for none) where something else was found; nothing is set there.
local found = {}
for i = 1, #ARGV, 5 do
  local field, expected, new = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local current = redis.call('HGET', KEYS[1], field) or ''
  if current == expected or current == new then
    if current ~= new then
      redis.call('HSET', KEYS[1], field, new)
    end
    if ARGV[i + 4] ~= '' then
      if redis.call('HEXISTS', KEYS[2], 'epoch') == 0 then
        local now = redis.call('TIME')
        redis.call('HSET', KEYS[2], 'epoch', now[1] .. '.' .. now[2])
      end
      redis.call('HSET', KEYS[2], ARGV[i + 3], ARGV[i + 4])
    end
  else
    found[#found + 1] = field
    found[#found + 1] = current
  end
end
return found
