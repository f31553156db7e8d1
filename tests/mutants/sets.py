"""Faults in what a set derives, and in what it takes of a request."""

from typing import Final

from tests.mutants.mutant import Mutant

DERIVED: Final = ("tests/unit/serve/test_derived.py",)
OWN_EVENT: Final = ("tests/unit/serve/test_own_event.py",)
COMPILED: Final = ("tests/unit/define/test_sets.py",)
TABLES: Final = ("tests/unit/serve/test_tables.py",)

SETS: Final = (
    Mutant(
        name="a derived place forgets the statuses behind other derived places",
        file="millpond/serve/derived.py",
        old="behind[place.name] = frozenset().union(*(behind.get(f.name, ()) for f in fields_of(place.expr)))",
        new="behind[place.name] = frozenset(reads[f.name] for f in fields_of(place.expr) if f.name in reads)",
        tests=DERIVED,
    ),
    Mutant(
        name="a derived place has the best status",
        file="millpond/serve/status.py",
        old="return max(statuses, key=SEVERITY.__getitem__",
        new="return min(statuses, key=SEVERITY.__getitem__",
        tests=DERIVED,
    ),
    Mutant(
        name="places of lists are counted from one",
        file="millpond/serve/derived.py",
        old="value[place] if value is not None and place < len(value)",
        new="value[place - 1] if value is not None and place < len(value)",
        tests=DERIVED,
    ),
    Mutant(
        name="the vector is in the order of computing",
        file="millpond/serve/derived.py",
        old="if self._order is not None:",
        new="if False:",
        tests=DERIVED,
    ),
    Mutant(
        name="a request's decimal is rounded",
        file="millpond/serve/request.py",
        old="if fitted == number and (",
        new="if (",
        tests=DERIVED,
    ),
    Mutant(
        name="a request's missing field is null",
        file="millpond/serve/request.py",
        old="if step not in found and not isinstance(step, Key):",
        new="if False:",
        tests=DERIVED,
    ),
    Mutant(
        name="a request's datetime without a zone is taken for UTC",
        file="millpond/serve/request.py",
        old="ms_of(value) if value.tzinfo is not None else None",
        new="ms_of(value) if value.tzinfo is not None else 0",
        tests=DERIVED,
    ),
    Mutant(
        name="a derived place's formula is not part of the set's meaning",
        file="millpond/plan/hashes.py",
        old='derived = tuple(replace(place, description="") for place in plan.computed) or msgspec.UNSET',
        new="derived = msgspec.UNSET",
        tests=COMPILED,
    ),
    Mutant(
        name="a key may be of another type than the request's field",
        file="millpond/define/set_compiler.py",
        old="(type := value_at(request, name).type) != key.type",
        new="(type := value_at(request, name).type) is None",
        tests=COMPILED,
    ),
    Mutant(
        name="the request's event is counted once it has arrived",
        file="millpond/serve/events.py",
        old="its_own if out else _NOWHERE, place",
        new="_NOWHERE, place",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="every event of the request's millisecond is left out",
        file="millpond/serve/own_event.py",
        old="for name in self._names], [])",
        new="for name in self._names[:1]], [])",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="an event that has not arrived is not waited for",
        file="millpond/serve/events.py",
        old="if is_current and own is not None and not own.is_excluded and not at_head.holds_own:",
        new="if False:",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="an event that has not arrived is not waited for in tiles",
        file="millpond/serve/part.py",
        old="tiles.last_of(q // size) < q % size",
        new="tiles.last_of(q // size) < 0",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="an event that was not kept is taken for left out",
        file="millpond/serve/events.py",
        old="if out or (kept.last >= hi and is_current):",
        new="if kept.last >= hi and is_current:",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="an event is waited for at another entity",
        file="millpond/serve/own_event.py",
        old="return [key(fields) for key in by] == [fields[name] for name in names]",
        new="return True",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="an event may be left out of tiles",
        file="millpond/define/set_compiler.py",
        old='if own.counts == "exclude" and is_reached and not view.is_exact:',
        new="if False:",
        tests=("tests/unit/define/test_sample_pool.py",),
    ),
    Mutant(
        name="what is not to be used is a number in arrays",
        file="millpond/serve/vector.py",
        old="for value, code in zip(vector.values, codes, strict=True)",
        new="for value, code in zip(vector.computed, codes, strict=True)",
        tests=TABLES,
    ),
    Mutant(
        name="a text that is not listed is the last that is",
        file="millpond/serve/vector.py",
        old="code.get(str(value), len(code))",
        new="code.get(str(value), len(code) - 1)",
        tests=TABLES,
    ),
    Mutant(
        name="a default stands where there is a value",
        file="millpond/serve/derived.py",
        old="if values[index] is None:",
        new="if True:",
        tests=DERIVED,
    ),
)
