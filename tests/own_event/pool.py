"""Three exact views of sales, and two sets over them: one counts the request's own sale, one leaves it out."""

from pathlib import Path
from typing import Final

from millpond.define.compiler import compile_pool
from millpond.plan.model import Pool
from tests.integration.own_topics import over
from tests.unit.define.sample import project

SETS: Final = {"includes": True, "excludes": False}
"""Whether a set counts the request's own sale."""

VIEW: Final = """
from features.shop import sources
from millpond import *
from millpond import _

{name} = FeatureView(
    "{name}", version=1, owner="loyalty", entity=sources.{entity}, source=sources.sales, by={by},
    precision="exact", fallback="25%", cap={cap}, windows={windows}, features={features},
)
"""
CUSTOMER: Final = '{"customer_id": _.customer_id}'
BOTH: Final = '{"customer_id": _.customer_id, "store_id": _.store_id}'
COUNTED: Final = '{"visits": Count(), "spend": Sum(_.amount)}'
ALL: Final = """{
    "visits": Count(), "spend": Sum(_.amount), "dearest": Max(_.amount), "stores": LastK(_.store_id, k=3),
    "since": SecondsSinceLast(),
}"""
BOUND: Final = """
from features.shop.busy import busy
from features.shop.customers import customers
from features.shop.stores import stores
from features.shop import sources
from millpond import Derived, FeatureSet, _

def made(name, own_event):
    buyer = customers.bind("buyer", customer_id=_.customer_id)
    at = stores.bind("at", customer_id=_.customer_id, store_id=_.store_id)
    crowd = busy.bind("busy", customer_id=_.customer_id)
    FeatureSet(
        name, version=1, owner="loyalty", request=sources.sales, own_event=own_event,
        features=[*buyer.all(), *at.all(), *crowd.all(), Derived("share", _.request.amount / _.buyer.spend_1h)],
    )

made("includes", "include")
made("excludes", "exclude")
"""


def pool(folder: Path, topic: str) -> Pool:
    """The views and sets over sales in a topic of their own."""
    customers = VIEW.format(
        name="customers", entity="customer", by=CUSTOMER, cap=1000, windows=["1m", "1h"], features=ALL
    )
    stores = VIEW.format(name="stores", entity="customer_store", by=BOTH, cap=1000, windows=["1h"], features=COUNTED)
    busy = VIEW.format(name="busy", entity="customer", by=CUSTOMER, cap=20, windows=["1m"], features=COUNTED)
    files = {"customers": customers, "stores": stores, "busy": busy, "sets": BOUND}
    written = compile_pool(project(folder, {f"features/shop/{name}.py": text for name, text in files.items()}))
    return over(written, lambda _: topic, full_history=True)
