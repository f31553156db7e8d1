from millpond import Entity

thing = Entity("Thing", keys=["thing_id"])
