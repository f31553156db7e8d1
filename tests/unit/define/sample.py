"""A schema, and how to bind one expression to it; the sample pools."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from ibis.common.deferred import Deferred

from millpond.define.avro import SourceSchema, read_schema
from millpond.define.expressions import bind
from millpond.define.fields import Record, Value
from millpond.plan.expr import Expr
from millpond.plan.types import Type

SAMPLE_POOL = Path(__file__).resolve().parents[2] / "sample_pool"
RIGHT = SAMPLE_POOL / "right"
WRONG = SAMPLE_POOL / "wrong"


def sale() -> SourceSchema:
    """The sample pool's schema: a field of every type."""
    return read_schema(RIGHT / "schemas" / "shop.sale.v1.avsc")


def schema(types: Mapping[str, str]) -> SourceSchema:
    """A schema of such columns."""
    return SourceSchema(reader="", fields=Record({name: Value(Type.parse(type)) for name, type in types.items()}))


def bound(written: Deferred) -> Expr:
    """An expression over the sample pool's events."""
    return bind(written, sale().fields)


def project(root: Path, files: Mapping[str, str]) -> Path:
    """A project with the sample pool's schemas and sources, and such files besides."""
    shutil.copytree(RIGHT / "schemas", root / "schemas")
    (root / "features" / "shop").mkdir(parents=True)
    shutil.copy(RIGHT / "features" / "shop" / "sources.py", root / "features" / "shop")
    (root / "millpond.toml").touch()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def view_file(name: str, features: str, more: str = "") -> str:
    """The text of a file that defines one view of customers."""
    return f"""from features.shop import sources
from millpond import *
from millpond import _

view = FeatureView(
    "{name}", version=1, owner="me", entity=sources.customer, source=sources.sales,
    by={{"customer_id": _.customer_id}}, windows=["1h"], features={features}, {more}
)
"""
