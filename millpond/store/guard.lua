-- Writes tile records into one hash, and never goes back.
--   KEYS[1]  the hash
--   ARGV[1]  its time to live in ms, started again when a tile takes a slot
--   ARGV[2…] pairs of field and record; a record begins with tile, n and first, each u32 little-endian
-- Refused: an older tile than the slot holds; for the same tile a smaller n, or a greater first.
-- Returns nil where everything was written, else the counts {older tile, smaller n, greater first}, and after them the
-- number of every pair, from 0, that was refused for its smaller n.
local call, unpack = redis.call, struct.unpack
local key = KEYS[1]
local older, smaller, later = 0, 0, 0
local taken = false
local refused = {0, 0, 0}
for i = 2, #ARGV, 2 do
  local field, new = ARGV[i], ARGV[i + 1]
  local old = call('HGET', key, field)
  local write = true
  if old then
    local old_tile, old_n, old_first = unpack('<I4I4I4', old)
    local tile, n, first = unpack('<I4I4I4', new)
    if tile < old_tile then
      older, write = older + 1, false
    elseif tile > old_tile then
      taken = true
    elseif n < old_n then
      smaller, write = smaller + 1, false
      refused[#refused + 1] = i / 2 - 1
    elseif first > old_first then
      later, write = later + 1, false
    end
  else
    taken = true
  end
  if write then
    call('HSET', key, field, new)
  end
end
if taken then
  call('PEXPIRE', key, ARGV[1])
end
if older + smaller + later > 0 then
  refused[1], refused[2], refused[3] = older, smaller, later
  return refused
end
