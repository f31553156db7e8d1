-- Says since when every event of the source is in a fragment's tiles, where that is proven.
--   KEYS[1]  the hash of freshness
--   ARGV[1]  the fragment's field; ARGV[2] how many partitions its topic has; then their fields
--   ARGV[…]  proofs, newest first: the instant it was seen, the instant it vouches for
-- A proof counts once every partition is known to have been applied to an end that was asked for after it was seen.
-- The partitions' stamps lie in the same hash: of a store that was emptied nothing is ever proven.
local parts = tonumber(ARGV[2])
local oldest
for i = 3, 2 + parts do
  local at = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or nil)
  if not at then
    return 0
  end
  if not oldest or at < oldest then
    oldest = at
  end
end
for i = 3 + parts, #ARGV, 2 do
  if tonumber(ARGV[i]) <= oldest then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[i + 1])
    return 1
  end
end
return 0
