-- Writes tile records into one string, a strip, and the events that tiles keep into a hash, and never goes back.
--   KEYS[1]  the strip: u32, then records of one length, by tile; all tiles before the u32 are gone
--   KEYS[2]  the hash of the events; absent where tiles keep none
--   ARGV[1]  their time to live in ms, started again with every new tile
--   ARGV[2]  bytes of a record; ARGV[3] how many tiles the ring spans, 0 for a lifetime
--   ARGV[4…] field (of the events), record and, with KEYS[2], events; a record begins with tile, n and first, each u32
--            little-endian
-- A new tile makes those go that the ring does not span with it.
-- Refused: a tile that is gone; for one that is there a smaller n, or a greater first.
-- Returns nil where everything was written, else the counts {older tile, smaller n, greater first}, and after them the
-- number of every record, from 0, that was refused for its smaller n.
local call, unpack, pack = redis.call, struct.unpack, struct.pack
local key, events = KEYS[1], KEYS[2]
local size, slots = tonumber(ARGV[2]), tonumber(ARGV[3])
local step = events and 3 or 2
local count = math.max(0, call('STRLEN', key) - 4) / size
local older, smaller, later = 0, 0, 0
local taken = false
local refused = {0, 0, 0}

local function header(at)
  return unpack('<I4I4I4', call('GETRANGE', key, 4 + at * size, 15 + at * size))
end

-- How many tiles are older, and what is there of this one.
local function find(tile)
  local low, high = 0, count
  local at = count - 1
  while low < high do
    local there, n, first = header(at)
    if there == tile then
      return at, n, first
    elseif there < tile then
      low = at + 1
    else
      high = at
    end
    at = math.floor((low + high) / 2)
  end
  return low
end

for i = 4, #ARGV, step do
  local new = ARGV[i + 1]
  local tile, n, first = unpack('<I4I4I4', new)
  local at, old_n, old_first = find(tile)
  local write = true
  if old_n then
    if n < old_n then
      smaller, write = smaller + 1, false
      refused[#refused + 1] = (i - 4) / step
    elseif first > old_first then
      later, write = later + 1, false
    else
      call('SETRANGE', key, 4 + at * size, new)
    end
  else
    local strip = count > 0 and call('GET', key) or pack('<I4', 0)
    local gone = unpack('<I4', strip)
    local newest = count > 0 and unpack('<I4', strip, 5 + (count - 1) * size) or tile
    if slots > 0 and tile + slots <= newest then
      older, write = older + 1, false
      if tile >= gone then
        call('SETRANGE', key, 0, pack('<I4', tile + 1))
      end
    else
      local from = 0
      if slots > 0 and at == count then
        while from < count and unpack('<I4', strip, 5 + from * size) + slots <= tile do
          gone = unpack('<I4', strip, 5 + from * size) + 1
          from = from + 1
          if events then
            call('HDEL', events, string.format('%d', (gone - 1) % slots))
          end
        end
      end
      call('SET', key, pack('<I4', gone) .. strip:sub(5 + from * size, 4 + at * size) .. new .. strip:sub(5 + at * size))
      count, taken = count + 1 - from, true
    end
  end
  if write and events then
    call('HSET', events, ARGV[i], ARGV[i + 2])
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
