"""How a place of a vector is read: on the terminal, and with a Reader."""

import json
from typing import Any

from millpond.define.pages.markdown import block
from millpond.plan.model import SetPlan
from millpond.plan.paths import parse


def how_to_read(plan: SetPlan, place: str) -> str:
    """What to type, with `…` and `...` where a request's values stand."""
    version = "" if plan.version == 1 else f" --version {plan.version}"
    fields = " ".join(f"'{c.name}'=…" if '"' in c.name else f"{c.name}=…" for c in plan.request)
    return "\n\n".join(
        [
            block("sh", [f"millpond read {plan.full_name}{version} {fields}"]),
            block(
                "python",
                [
                    f'model = pool.open("{plan.full_name}", version={plan.version})',
                    f"vector = model.read({_request(plan)})",
                    f'vector["{place}"], vector.status_of()["{place}"]',
                ],
            ),
        ]
    )


def _request(plan: SetPlan) -> str:
    """A request as Python writes it: a field of a record is in a dict of its own."""
    request: dict[str, Any] = {}
    for column in plan.request:
        *records, last = parse(column.name)
        inside = request
        for record in records:
            inside = inside.setdefault(record, {})
        inside[last] = "..."
    return json.dumps(request, ensure_ascii=False).replace('"..."', "...")
