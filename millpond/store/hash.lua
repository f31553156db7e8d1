-- Records in a hash: a tile takes the slot of an older one. What is written is decided in guard.lua.
--   KEYS[1]  the hash, by field
local call, unpack = redis.call, struct.unpack
local key, events = KEYS[1], KEYS[2]
local rows = 2

local function find(tile, field)
  local old = call('HGET', key, field)
  if not old then
    return field
  end
  local old_tile, n, first = unpack('<I4I4I4', old)
  if tile < old_tile then
    return nil
  elseif tile > old_tile then
    return field
  end
  return field, n, first
end

local function put(at, tile, field, new)
  call('HSET', key, field, new)
end
