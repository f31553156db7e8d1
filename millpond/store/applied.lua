-- Moves applied offsets forward, each by compare-and-set, and says since when a partition is fresh.
--   KEYS[1]  the hash of applied offsets
--   KEYS[2]  the hash of freshness
--   ARGV[1]  the slots that the shard has; '' where the store is one node
--   ARGV[2…] fives: field, the offset expected ('' for none), the new offset, freshness field, instant in ms ('' for none)
-- What a shard's hashes say is said of the slots it had. Where it has others now, nothing is known of those that moved
-- in, and both hashes begin anew.
-- An offset already where it is to go counts as moved: the reply of an earlier attempt was lost, or another
-- materializer wrote the same rows; either writes the rows first.
-- Fresh stamps carry an epoch, drawn when the first is set: a Reader that finds another one knows that what it
-- remembers is of a store that has been emptied since.
-- Returns pairs of field and offset found ('' for none) where something else was found; nothing is set there.
local found = {}
if ARGV[1] ~= '' and redis.call('HGET', KEYS[2], 'slots') ~= ARGV[1] then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'slots', ARGV[1])
end
for i = 2, #ARGV, 5 do
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
