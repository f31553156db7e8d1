"""What is served while parts die: the retail pool's shopper, and exact views whose requests are events themselves."""

import shutil
from pathlib import Path
from typing import Final

from millpond.define.compiler import compile_pool
from millpond.local.workspace import Workspace
from millpond.plan.model import Pool
from tests.integration.own_topics import over
from tests.oracles.windows import FEATURES, HOUR, KEY_OF, MINUTE, Feature, Span, counted, extreme, summed

SETS: Final = ("retail.shopper", "retail.moment")
"""What readers read: windows in tiles, and exact ones."""

ASKED: Final = {"include": "retail.including", "exclude": "retail.excluding"}
"""What the enricher answers: the vector of an event, with it or without it."""

WINDOWS: Final = {"2m": 2 * MINUTE, "1h": HOUR}
ALIASES: Final = {"buyer": "household", "pair": "pair"}
"""The aliases of the exact views -> whose events they hold, as the oracle names them."""

VIEW: Final = """
from features.retail import sources
from millpond import Count, FeatureView, Max, Sum, _

{name} = FeatureView(
    "{name}", version=1, owner="tests", entity=sources.{entity}, source=sources.lines_sold, by={by},
    windows=["2m", "1h"], features={{"lines": Count(), "spend": Sum(_.paid), "dearest": Max(_.paid)}},
    precision="exact", cap=1000,
)
"""
OF_EVENTS: Final = """
from features.retail import sources
from features.retail.household_now import household_now
from features.retail.pair_now import pair_now
from millpond import FeatureSet, _

def made(name, **given):
    buyer = household_now.bind("buyer", household_id=_.household_id)
    pair = pair_now.bind("pair", household_id=_.household_id, store_id=_.store_id)
    FeatureSet(name, version=1, owner="tests", features=[*buyer.all(), *pair.all()], **given)

made("moment")
made("including", request=sources.lines_sold, own_event="include")
made("excluding", request=sources.lines_sold, own_event="exclude")
"""
FILES: Final = {
    "household_now": VIEW.format(name="household_now", entity="household", by='{"household_id": _.household_id}'),
    "pair_now": VIEW.format(
        name="pair_now", entity="household_store", by='{"household_id": _.household_id, "store_id": _.store_id}'
    ),
    "of_events": OF_EVENTS,
}


def pool(folder: Path, topic: str) -> Pool:
    """The pool over a topic, compiled in a folder that is made for it."""
    root = Workspace.find().root
    shutil.copytree(root / "schemas", folder / "schemas")
    retail = folder / "features" / "retail"
    shutil.copytree(root / "features" / "retail", retail, ignore=shutil.ignore_patterns("compiled", "__pycache__"))
    for name, text in FILES.items():
        (retail / f"{name}.py").write_text(text, "utf-8")
    (folder / "millpond.toml").touch()
    whole = over(compile_pool(folder), lambda _: topic)
    sets = tuple(plan for plan in whole.sets if plan.full_name in (*SETS, *ASKED.values()))
    bound = {binding.view for plan in sets for binding in plan.bindings}
    return Pool(views=tuple(view for view in whole.views if view.full_name in bound), sets=sets)


def _exact() -> dict[str, Feature]:
    found: dict[str, Feature] = {}
    for window, length in WINDOWS.items():
        span = Span(length, 0, 1)
        found |= {f"lines_{window}": counted(span), f"spend_{window}": summed(span)}
        found[f"dearest_{window}"] = extreme(span, "max")
    return found


# As the judge of reads takes them.
FEATURES_OF: Final = {**FEATURES, "household_now": _exact(), "pair_now": _exact()}
KEYS_OF: Final = {
    **{view: KEY_OF[view] for view in ("household", "household_store", "store")},
    "household_now": KEY_OF["household"],
    "pair_now": KEY_OF["household_store"],
}
