"""`SABOTAGE=tile`: changes one tile in the store, inside a window that is about to be checked."""

from collections.abc import Sequence
from typing import Final

from millpond.demo.verify import Request
from millpond.plan.errors import MillpondError
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY
from millpond.serve import OpenSet
from millpond.store.keys import KeyEncoder, KeyTemplate
from millpond.store.parts import parts_of
from millpond.store.records import RecordLayout
from millpond.store.scripts import Client
from millpond.store.strip import decode

VIEW: Final = "retail.household"
VERSION: Final = 1
PARTIAL: Final = "lines_count"


def corrupt_tile(client: Client, ns: str, shopper: OpenSet, requests: Sequence[Request], *, at: int) -> str:
    """Add one line to the newest day tile of the first household asked for that has one; returns its key.

    Raises:
        MillpondError: none of them bought anything in the 29 days before `at`.
    """
    served = shopper.publication.served(VIEW, VERSION)
    view = served.view
    layout, encoder = RecordLayout.of(view), KeyEncoder(view.entity)
    part = next(part for part in parts_of(view, "tiles_long") if part.size_ms == DAY)
    keys = KeyTemplate.of(ns, view, served.generation, part.name)
    for request in requests:
        key = keys.key(encoder.encode([request[column] for column in _key_fields(shopper, view)]))
        strip = client.get(key)
        if strip is None:
            continue
        changed = decode(layout, strip)[-1:].copy()
        if int(changed["tile"][0]) * DAY <= at - 29 * DAY:
            continue
        changed[PARTIAL] += 1
        client.setrange(key, len(strip) - layout.size, changed.tobytes())
        return f"{key} tile {changed['tile'][0]}"
    raise MillpondError("no tile to change", where=VIEW, mend="replay more lines")


def _key_fields(shopper: OpenSet, view: ViewPlan) -> tuple[str, ...]:
    return next(b.request_fields for b in shopper.publication.plan.bindings if b.view == view.full_name)
