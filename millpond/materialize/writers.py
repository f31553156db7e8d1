"""Writer schemas that some bytes could keep a decoder busy with for ever, or end the process: nobody may read by them.

fastavro reads in C: a record in a record a million times deep overflows its stack, and an array of 2**60 nulls takes no
byte. Lengths that lie are no danger: what is not there cannot be read.
"""

from typing import Any, Final

from millpond.plan.errors import MillpondError
from millpond.plan.resolution import named_types

Json = Any
MOST: Final = 10_000  # values that a record has at least, whatever its bytes


def check_bounded(schema: Json) -> None:
    """See whether reading takes no longer than its bytes are many.

    Raises:
        MillpondError: by this schema it may.
    """
    if (why := _Walk(schema).why(schema)) is not None:
        raise MillpondError(why, mend="write events by a schema that is finite")


class _Walk:
    def __init__(self, schema: Json) -> None:
        self.named = {name.rpartition(".")[2]: one for name, one in named_types(schema).items()}
        self.counted: dict[str, int] = {}
        self.inside: set[str] = set()

    def why(self, schema: Json) -> str | None:
        """What is wrong with it."""
        try:
            count = self.count(schema)
        except ValueError as wrong:
            return str(wrong)
        return None if count <= MOST else f"a record has {count} values or more"

    def count(self, schema: Json) -> int:
        """How many values it has at least; ValueError where there is no end of them."""
        match schema:
            case list():
                return max((self.count(branch) for branch in schema), default=0)
            case str():
                named = self.named.get(schema.rpartition(".")[2])
                return 1 if named is None or named["type"] != "record" else self.record(named)
            case {"type": "record"}:
                return self.record(schema)
            case {"type": "array", "items": items}:
                if self.takes_nothing(items):
                    raise ValueError("an array of what takes no bytes")
                return 1 + self.count(items)
            case {"type": "map", "values": values}:
                return 1 + self.count(values)
            case {"type": dict() | list() | str() as inner}:
                return self.count(inner) if not isinstance(inner, str) or inner in self.named else 1
            case _:
                return 1

    def record(self, schema: Json) -> int:
        name = str(schema["name"]).rpartition(".")[2]
        if name in self.inside:
            raise ValueError(f"a record {name} in itself")
        if name not in self.counted:
            self.inside.add(name)
            self.counted[name] = 1 + sum(self.count(field["type"]) for field in schema["fields"])
            self.inside.discard(name)
        return self.counted[name]

    def takes_nothing(self, schema: Json) -> bool:
        match schema:
            case str():
                named = self.named.get(schema.rpartition(".")[2])
                return schema == "null" if named is None else self.takes_nothing(named)
            case {"type": "record", "fields": fields}:
                return all(self.takes_nothing(field["type"]) for field in fields)
            case {"type": "fixed", "size": size}:
                return bool(size == 0)
            case {"type": dict() | str() as inner} if inner not in ("array", "map", "enum", "record"):
                return inner == "null" or (not isinstance(inner, str) and self.takes_nothing(inner))
            case _:
                return False
