"""Where tiles live: keys, records, the guard against going back, and the documents beside the tiles."""
