"""How a place of a vector is read: on the terminal, and with a Reader."""

import json
from typing import Any, Final

from millpond.define.pages.markdown import block
from millpond.plan.model import SetPlan
from millpond.plan.paths import parse

LONGEST_LINE: Final = 88  # what formatters of Markdown leave as it is


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
                    *_read(plan),
                    f'vector["{place}"]',
                    f'vector.status_of()["{place}"]',
                ],
            ),
        ]
    )


def _read(plan: SetPlan) -> list[str]:
    """The call, as formatters leave it: a field of a record is in a dict of its own."""
    request: dict[str, Any] = {}
    for column in plan.request:
        *records, last = parse(column.name)
        inside = request
        for record in records:
            inside = inside.setdefault(record, {})
        inside[last] = "..."
    fields = [f'"{name}": {_python(value)}' for name, value in request.items()]
    line = f"vector = model.read({{{', '.join(fields)}}})"
    if len(line) <= LONGEST_LINE:
        return [line]
    return ["vector = model.read(", "    {", *(f"        {field}," for field in fields), "    }", ")"]


def _python(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace('"..."', "...")
