-- The rule by which tile records are written: nothing goes back. It stands behind hash.lua or strip.lua, which say how
-- records lie in KEYS[1], and give: `rows`, where rows begin in ARGV; `find(tile, field)`; `put(at, tile, field, new,
-- is_there)`.
--   KEYS[2]  the hash of the events that tiles keep; absent where they keep none
--   ARGV[1]  their time to live in ms, started again with every new tile
--   ARGV[rows…] field, record and, with KEYS[2], events; a record begins with tile, n and first, each u32 little-endian
-- Refused: a tile that has given way to a later one; for one that is there a smaller n, or a greater first.
-- Returns nil where everything was written, else the counts {older tile, smaller n, greater first}, and after them the
-- number of every record, from 0, that was refused for its smaller n.
local step = events and 3 or 2
local older, smaller, later = 0, 0, 0
local taken = false
local refused = {0, 0, 0}
for i = rows, #ARGV, step do
  local field, new = ARGV[i], ARGV[i + 1]
  local tile, n, first = unpack('<I4I4I4', new)
  -- Where it is or belongs, nothing where it has given way; and what is there of it.
  local at, old_n, old_first = find(tile, field)
  if not at then
    older = older + 1
  elseif old_n and n < old_n then
    smaller = smaller + 1
    refused[#refused + 1] = (i - rows) / step
  elseif old_n and first > old_first then
    later = later + 1
  else
    put(at, tile, field, new, old_n)
    taken = taken or not old_n
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
