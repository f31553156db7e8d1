"""From tile topics to the store: consumes, coalesces, writes through the guard, and says how fresh the store is."""
