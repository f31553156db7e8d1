"""Faults in what a set derives, and in what it takes of a request."""

from typing import Final

from tests.mutants.mutant import Mutant

DERIVED: Final = ("tests/unit/serve/test_derived.py",)
HASHES: Final = ("tests/unit/define/test_sets.py",)

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
        file="millpond/serve/derived.py",
        old="STATUSES[max((SEVERITY",
        new="STATUSES[min((SEVERITY",
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
        old="if self._order is None:",
        new="if self._order:",
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
        old="// timedelta(milliseconds=1) if value.tzinfo is not None else None",
        new="// timedelta(milliseconds=1) if value.tzinfo is not None else 0",
        tests=DERIVED,
    ),
    Mutant(
        name="a derived place's formula is not part of the set's meaning",
        file="millpond/plan/hashes.py",
        old='derived = tuple(replace(place, description="") for place in plan.computed) or msgspec.UNSET',
        new="derived = msgspec.UNSET",
        tests=HASHES,
    ),
    Mutant(
        name="a key may be of another type than the request's field",
        file="millpond/define/set_compiler.py",
        old="(type := value_at(request, name).type) != key.type",
        new="(type := value_at(request, name).type) is None",
        tests=HASHES,
    ),
)
