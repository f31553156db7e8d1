"""Two hashes a definition: meaning decides numbers, prose explains them.

A change of meaning needs a new version once the old one is published; a change of prose needs nothing.
"""

import hashlib

import msgspec

from millpond.plan.model import FeaturePlan, SetPlan, SourcePlan, ViewPlan, encode
from millpond.plan.paths import shape_of
from millpond.plan.reader_schema import of_leaves
from millpond.plan.types import DOUBLE


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def hashed_view(view: ViewPlan) -> ViewPlan:
    """The view with its two hashes set."""
    replace = msgspec.structs.replace
    silent = tuple(_silent(f) for f in view.features)
    source = source_as_read(view)
    meaning = replace(view, owner="", description="", meaning="", prose="", features=silent, source=source)
    prose = "\0".join([view.owner, view.description, *(f"{f.name}={f.description}" for f in view.features)])
    return replace(view, meaning=digest(encode(meaning))[:16], prose=digest(prose.encode())[:16])


def hashed_set(plan: SetPlan) -> SetPlan:
    """The set with its two hashes set; its meaning includes the meaning of every view it binds."""
    replace = msgspec.structs.replace
    derived = tuple(replace(place, description="") for place in plan.computed) or msgspec.UNSET
    meaning = replace(plan, owner="", description="", meaning="", prose="", derived=derived)
    prose = "\0".join([plan.owner, plan.description, *(f"{d.name}={d.description}" for d in plan.computed)])
    return replace(plan, meaning=digest(encode(meaning))[:16], prose=digest(prose.encode())[:16])


def source_as_read(view: ViewPlan) -> SourcePlan:
    """The source, less the fields that cannot change a number of this view.

    A topic gains fields over the years; views that do not read them keep their meaning. Read are the fields of the
    view's expressions, event time and id, and every double, for an event with one that is not finite is refused.
    """
    source = view.source
    read = set(map(shape_of, view.fields_read))
    read |= {source.event_time, *([] if source.event_id is None else [source.event_id])}
    read |= {column.name for column in source.columns if column.type == DOUBLE}
    return msgspec.structs.replace(
        source,
        schema=msgspec.json.encode(of_leaves(source, read.__contains__), order="sorted").decode(),
        columns=tuple(column for column in source.columns if column.name in read),
        micros=tuple(name for name in source.micros if name in read),
    )


def _silent(feature: FeaturePlan) -> FeaturePlan:
    return msgspec.structs.replace(feature, description="")
