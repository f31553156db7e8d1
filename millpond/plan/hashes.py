"""Two hashes a definition: meaning decides numbers, prose explains them.

A change of meaning needs a new version once the old one is published; a change of prose needs nothing.
"""

import hashlib

import msgspec

from millpond.plan.model import FeaturePlan, SetPlan, ViewPlan, encode


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def hashed_view(view: ViewPlan) -> ViewPlan:
    """The view with its two hashes set."""
    replace = msgspec.structs.replace
    silent = tuple(_silent(f) for f in view.features)
    meaning = replace(view, owner="", description="", meaning="", prose="", features=silent)
    prose = "\0".join([view.owner, view.description, *(f"{f.name}={f.description}" for f in view.features)])
    return replace(view, meaning=digest(encode(meaning))[:16], prose=digest(prose.encode())[:16])


def hashed_set(plan: SetPlan) -> SetPlan:
    """The set with its two hashes set; its meaning includes the meaning of every view it binds."""
    replace = msgspec.structs.replace
    meaning = replace(plan, owner="", description="", meaning="", prose="")
    prose = f"{plan.owner}\0{plan.description}"
    return replace(plan, meaning=digest(encode(meaning))[:16], prose=digest(prose.encode())[:16])


def _silent(feature: FeaturePlan) -> FeaturePlan:
    return msgspec.structs.replace(feature, description="")
