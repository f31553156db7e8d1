"""Previews of a small pool over a few sales: whom they look at, when, what they count, and what they say."""

from collections.abc import Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from millpond.cli.app import app
from millpond.define.compiler import compile_pool
from millpond.offline import html, preview
from millpond.offline.preview import Preview
from millpond.offline.terminal import rendered
from millpond.plan.errors import MillpondError, ReadError
from millpond.plan.windows import HOUR, MINUTE
from tests.unit.define.sample import project
from tests.unit.offline.given import table

NOON: Final = 1_704_110_400_000  # 2024-01-01T12:00:00Z
HEAD: Final = """
from features.shop import sources
from millpond import *
from millpond import _

"""
FILES: Final = {
    "features/shop/till.py": HEAD
    + """
till = FeatureView(
    "till", version=1, owner="loyalty", entity=sources.customer, source=sources.sales, precision="exact",
    by={"customer_id": _.customer_id}, windows=["1h"], description="What a <customer> buys.",
    features={
        "visits": Count(windows=["1h", Window("1h", delay="30m"), LIFETIME]), "spend": Sum(_.amount),
        "channel": Last(_.channel), "amounts": LastK(_.amount, k=2), "stores": ValueCounts(_.store_id),
    },
)
""",
    "features/shop/old.py": HEAD
    + """
old = FeatureView(
    "old", version=1, owner="loyalty", entity=sources.customer, source=sources.replayed_sales,
    by={"customer_id": _.customer_id}, windows=["1h"], features={"visits": Count()},
)
""",
    "features/shop/sets.py": HEAD
    + """
from features.shop.old import old
from features.shop.till import till

FeatureSet(
    "before_sale", version=1, owner="loyalty", request=sources.sales, own_event="exclude",
    features=[till["visits_1h"], till["channel_1h"], Derived("share", _.request.amount / _.till.spend_1h)],
)
FeatureSet("plain", version=1, owner="loyalty", features=[till["visits_1h"]])
FeatureSet(
    "asked", version=1, owner="loyalty", request={"amount": "decimal(10,2)"},
    features=[Derived("share", _.request.amount / _.till.spend_1h)], views=[till],
)
FeatureSet("both", version=1, owner="loyalty", features=[till["visits_1h"], old["visits_1h"]])
""",
}


def sale(number: int, minutes: int, customer: str | None, cents: int, channel: str = "WEB") -> dict[str, Any]:
    """A sale so many minutes before noon."""
    return {
        "sale_id": f"s{number}", "sold_at": NOON - minutes * MINUTE, "customer_id": customer, "store_id": number % 2,
        "amount": Decimal(cents).scaleb(-2), "channel": channel,
    }  # fmt: skip


SALES: Final = [
    sale(1, 100, "<ann>", 100),
    sale(2, 59, "<ann>", 200),
    sale(3, 20, "<ann>", 300, "TILL"),
    sale(4, 10, "bob", 400),
    sale(5, 5, None, 500),
    sale(6, 0, "bob", 600),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with its data in the folder `sales`."""
    made = project(tmp_path_factory.mktemp("pool") / "project", FILES)
    source = compile_pool(made).view("shop.till").source
    write(made, "shop.sale.v1", SALES)
    write(made, "shop.sale-history.v1", SALES[:2])
    assert source.topic == "shop.sale.v1"
    return made


def write(root: Path, topic: str, rows: Sequence[dict[str, Any]], folder: str = "sales") -> Path:
    source = compile_pool(root).view("shop.till").source
    (root / folder).mkdir(exist_ok=True)
    pq.write_table(table(source, rows), root / folder / f"{topic}.parquet")
    return root / folder


def previewed(root: Path, name: str, **given: Any) -> Preview:
    return preview(name, root / "sales", root=root, **given)


#      -100            -59    -20 -10 -5  0
# -------x--[-----------a------a---b--?---b]--->   ann, bob and nobody; the hour before noon begins at -60
def test_a_view_is_previewed_of_who_has_most_events_at_the_last_one(root: Path) -> None:
    found = previewed(root, "shop.till")
    assert (found.request, found.why) == ({"customer_id": "<ann>"}, "who has most events")
    assert found.focus.as_of == NOON
    assert dict(zip([place.name for place in found.places], found.focus.values, strict=True)) == {
        "visits_1h": 2,
        "visits_1h_delayed_30m": 1,
        "visits_lifetime": 3,
        "spend_1h": Decimal("5.00"),
        "channel_1h": "TILL",
        "amounts_1h": (Decimal("3.00"), Decimal("2.00")),
        "stores_1h": {0: 1, 1: 1},
    }
    assert [(w.label, w.lo, w.hi, w.inside) for w in found.windows] == [
        ("lifetime", 0, NOON + 1, 3),
        ("1h_delayed_30m", NOON - 90 * MINUTE + 1, NOON - 30 * MINUTE + 1, 1),
        ("1h", NOON - HOUR + 1, NOON + 1, 2),
    ]
    # Over time from her first event on; over all events that are somebody's, each at its time.
    assert (found.course[0].as_of, found.course[-1].as_of) == (NOON - 100 * MINUTE + 75_000, NOON)
    assert [request["customer_id"] for request in found.requests] == ["<ann>"] * 3 + ["bob"] * 2
    assert [vector["till.visits_lifetime"] for vector in found.sample] == [1, 2, 3, 1, 2]
    assert found.drawn_of == 5
    assert found.values.column_names[:3] == ["request.customer_id", "as_of", "till.visits_1h"]
    assert found.values.column("request.customer_id").to_pylist() == ["<ann>"] * 3 + ["bob"] * 2
    assert found.values.column("till.visits_1h").to_pylist() == [1, 2, 2, 1, 2]


def test_whom_and_when_may_be_asked_for(root: Path) -> None:
    bob = previewed(root, "shop.till", entity={"customer_id": "bob"})
    assert (bob.focus["till.visits_1h"], bob.why) == (2, "as given")
    earlier = previewed(root, "shop.till", entity={"customer_id": "bob"}, at=NOON - MINUTE)
    assert earlier.focus["till.visits_1h"] == 1
    assert len(earlier.sample) == 4
    stranger = previewed(root, "shop.till", entity={"customer_id": "cid"})
    assert (set(stranger.focus.statuses), stranger.why) == ({"empty"}, "as given; no event is of it")
    with pytest.raises(MillpondError, match="no event counts up to 1970-01-01"):
        previewed(root, "shop.till", at=5)
    with pytest.raises(MillpondError, match="nothing is drawn by 'name'"):
        previewed(root, "shop.till", entity={"name": "bob"})


def test_a_set_of_events_is_asked_about_each_of_them_with_its_own_left_out(root: Path) -> None:
    found = previewed(root, "shop.before_sale")
    assert found.request["sale_id"] == "s3"
    assert found.focus.as_dict() == {"till.visits_1h": 1, "till.channel_1h": "WEB", "share": 1.5}
    assert [window.inside for window in found.windows] == [1]
    assert [vector.as_of for vector in found.course] == [one["sold_at"] for one in SALES[:3]]
    assert [vector["till.visits_1h"] for vector in found.sample] == [0, 1, 1, 0, None, 1]
    assert found.sample[4].status == "no_key"
    bob = previewed(root, "shop.before_sale", entity={"customer_id": "bob"})
    assert (bob.request["sale_id"], bob.focus["share"]) == ("s6", 1.5)
    with pytest.raises(MillpondError, match="no event is as asked for"):
        previewed(root, "shop.before_sale", entity={"customer_id": "cid"})


def test_a_set_whose_request_the_data_does_not_tell_is_given_it(root: Path) -> None:
    assert previewed(root, "shop.plain").request == {"customer_id": "<ann>"}
    with pytest.raises(MillpondError, match="does not tell customer_id, amount"):
        previewed(root, "shop.asked")
    found = previewed(root, "shop.asked", entity={"customer_id": "bob", "amount": Decimal(5)})
    assert found.focus.as_dict() == {"share": 0.5}
    assert (found.drawn_of, len(found.sample)) == (0, len(found.course))
    both = previewed(root, "shop.both", entity={"customer_id": "<ann>"}, at=NOON - 30 * MINUTE)
    assert both.focus.as_dict() == {"till.visits_1h": 1, "old.visits_1h": 1}
    with pytest.raises(ReadError, match="which is no string"):
        previewed(root, "shop.both", entity={"customer_id": 7})


def test_what_is_wrong_with_the_data_is_said(root: Path) -> None:
    file = root / "sales" / "shop.sale.v1.parquet"
    assert preview("shop.till", file, root=root).focus["till.visits_1h"] == 2
    with pytest.raises(MillpondError, match="is over 2 sources, and this is one file"):
        preview("shop.both", file, root=root, entity={"customer_id": "bob"})
    with pytest.raises(MillpondError, match="there is no file of the topic"):
        preview("shop.till", root / "features", root=root)
    late = write(root, "shop.sale.v1", [{**SALES[0], "arrival": NOON + 24 * HOUR}], "late")
    with pytest.raises(MillpondError, match="no event counts: refused are 1 late"):
        preview("shop.till", late, root=root)
    with pytest.raises(MillpondError) as caught:
        previewed(root, "shop.tll")
    assert "did you mean 'shop.till'?" in str(caught.value)


@pytest.mark.parametrize("name", ["shop.till", "shop.before_sale", "shop.plain"])
def test_a_page_needs_nothing_else_and_believes_no_text(root: Path, name: str) -> None:
    found = previewed(root, name)
    page = html.page(found)
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<ann>" not in page
    assert "<customer>" not in page
    assert "&lt;ann&gt;" in page
    assert all(place.name in page.replace("<wbr>", "") for place in found.places)
    assert found._repr_html_() in page


@pytest.mark.parametrize("width", [80, 160])
def test_the_terminal_shows_values_windows_and_distributions(root: Path, width: int) -> None:
    shown = StringIO()
    Console(width=width, file=shown).print(rendered(previewed(root, "shop.till")))
    told = shown.getvalue()
    assert "sales: of 6 records 6 count" in told
    assert "[3.00, 2.00]" in told
    assert "till" in told
    assert ")|" in told
    assert all(len(line) <= width for line in told.splitlines())


def test_on_the_command_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    run = CliRunner()
    done = run.invoke(app, ["preview", "shop.till", "--data", "sales", "--json", "--html", "till.html"])
    assert done.exit_code == 0
    told = msgspec.json.decode(done.stdout)
    features = {feature["name"]: feature for feature in told["features"]}
    assert (told["request"], told["at"], told["drawn_of"]) == ({"customer_id": "<ann>"}, NOON, 5)
    assert features["spend_1h"]["value"] == "5.00"
    assert features["amounts_1h"]["value"] == ["3.00", "2.00"]
    assert features["visits_1h"]["distribution"]["of"]["quartiles"] == [1, 1, 2, 2, 2]
    assert (root / "till.html").read_text("utf-8").startswith("<!doctype html>")
    at = ["--at", "2024-01-01T11:55:00Z", "--entity", "customer_id=bob"]
    done = run.invoke(app, ["preview", "shop.till", "--data", "sales", "--json", *at])
    assert msgspec.json.decode(done.stdout)["features"][0]["value"] == 1
    done = run.invoke(app, ["preview", "shop.till", "--data", "sales", "--entity", "customer=bob"])
    assert isinstance(done.exception, ReadError)
    assert "did you mean 'customer_id'?" in str(done.exception)
