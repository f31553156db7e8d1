"""What a change of the pool does, before it is merged or deployed: what differs, what starts, what it costs."""
