-- Records in one string, a strip: u32, then records of one length, by tile; all tiles before the u32 are gone. A new
-- tile makes those go that the ring does not span with it. What is written is decided in guard.lua.
--   KEYS[1]  the strip
--   ARGV[2]  bytes of a record; ARGV[3] how many tiles the ring spans, 0 for a lifetime
local call, unpack, pack = redis.call, struct.unpack, struct.pack
local key, events = KEYS[1], KEYS[2]
local size, slots = tonumber(ARGV[2]), tonumber(ARGV[3])
local rows = 4
local count = math.max(0, call('STRLEN', key) - 4) / size

local function header(at)
  return unpack('<I4I4I4', call('GETRANGE', key, 4 + at * size, 15 + at * size))
end

-- How many tiles are older, and what is there of this one.
local function search(tile)
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

local function find(tile, field)
  local at, n, first = search(tile)
  if not n and slots > 0 and count > 0 and tile + slots <= (header(count - 1)) then
    if tile >= unpack('<I4', call('GETRANGE', key, 0, 3)) then
      call('SETRANGE', key, 0, pack('<I4', tile + 1))
    end
    return nil
  end
  return at, n, first
end

local function put(at, tile, field, new, is_there)
  if is_there then
    call('SETRANGE', key, 4 + at * size, new)
    return
  end
  local strip = count > 0 and call('GET', key) or pack('<I4', 0)
  local gone, from = unpack('<I4', strip), 0
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
  count = count + 1 - from
end
