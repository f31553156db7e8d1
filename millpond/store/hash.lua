-- Writes tile records into one hash, and the events that tiles keep into another, and never goes back.
--   KEYS[1]  the hash of the records
--   KEYS[2]  the hash of the events; absent where tiles keep none
--   ARGV[1]  their time to live in ms, started again when a tile takes a slot
--   ARGV[2…] field, record and, with KEYS[2], events; a record begins with tile, n and first, each u32 little-endian
-- Refused: an older tile than the slot holds; for the same tile a smaller n, or a greater first.
-- Returns nil where everything was written, else the counts {older tile, smaller n, greater first}, and after them the
-- number of every record, from 0, that was refused for its smaller n.
local call, unpack = redis.call, struct.unpack
local key, events = KEYS[1], KEYS[2]
local step = events and 3 or 2
local older, smaller, later = 0, 0, 0
local taken = false
local refused = {0, 0, 0}
for i = 2, #ARGV, step do
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
      refused[#refused + 1] = (i - 2) / step
    elseif first > old_first then
      later, write = later + 1, false
    end
  else
    taken = true
  end
  if write then
    call('HSET', key, field, new)
    if events then
      call('HSET', events, field, ARGV[i + 2])
    end
  end
end
if taken then
  call('PEXPIRE', key, ARGV[1])
  if events then
    call('PEXPIRE', events, ARGV[1])
  end
end
if older + smaller + later > 0 then
  refused[1], refused[2], refused[3] = older, smaller, later
  return refused
end
