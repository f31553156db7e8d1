"""Two pools compared: each kind of change, by the smallest pair of pools that has it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from millpond.plan.hashes import hashed_view
from millpond.plan.model import Pool, decode, encode
from millpond.review.difference import HIDDEN, Change, Detail, Difference, difference
from tests.unit.review.pools import pool

HOUR_AND_MONTH = ("_1h", "_30d")


def compared(root: Path, *changes: tuple[str, str]) -> Difference:
    return difference(pool(root), pool(root, *changes))


def only(found: Difference, what: str) -> Change:
    (change,) = [change for change in found.changes if change.what == what]
    return change


def details(change: Change) -> dict[str, tuple[str, str]]:
    return {detail.what: (detail.before, detail.after) for detail in change.details}


def test_the_same_pool_has_nothing_but_what_is_unchanged(tmp_path: Path) -> None:
    assert compared(tmp_path) == Difference(changes=(), unchanged=2)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "_.amount > 5",
            "_.amount > 6",
            {
                f"dear{window}: is": ("Count(where=_.amount > 5)", "Count(where=_.amount > 6)")
                for window in HOUR_AND_MONTH
            },
        ),
        (
            "Sum(_.amount)",
            "Max(_.amount)",
            {
                key: told
                for window in HOUR_AND_MONTH
                for key, told in {
                    f"spend{window}: is": ("Sum(_.amount)", "Max(_.amount)"),
                    f"spend{window}: type": ("decimal(38,2)", "decimal(10,2)"),
                }.items()
            },
        ),
        (
            '"dear": Count(where=_.amount > 5)',
            '"dear": Count(where=_.amount > 5, windows=["30d"])',
            {"dear_1h": ("Count(where=_.amount > 5) over 1h", "")},
        ),
        (
            'windows=["1h", "30d"]',
            'windows=["1h", "30d", Window("30d", delay="7d")]',
            {
                "tiles": ("1m x 64, 1d x 34", "1m x 64, 1d x 41"),
                "spend_30d_delayed_7d": ("", "Sum(_.amount) over 30d delayed 7d"),
                "dear_30d_delayed_7d": ("", "Count(where=_.amount > 5) over 30d delayed 7d"),
            },
        ),
        (
            '"customer_id": _.customer_id',
            '"customer_id": _.article_id',
            {"key": ("customer_id = _.customer_id (string)", "customer_id = _.article_id (int)")},
        ),
        (
            'owner="me", entity',
            'owner="me", precision="exact", cap=7, entity',
            {"precision": ("5%", "exact"), "cap": ("", "7")},
        ),
    ],
    ids=["expression", "aggregation", "window", "delay", "key", "precision"],
)
def test_what_means_something_else_is_said_before_and_after(
    tmp_path: Path, old: str, new: str, expected: dict[str, tuple[str, str]]
) -> None:
    view = only(compared(tmp_path, (old, new)), "view")
    assert (view.kind, view.before) == ("meaning", 1)
    # What follows from it, such as the fields read, is told too.
    told = {what: both for what, both in details(view).items() if not what.startswith("source")}
    assert told == expected


def test_only_features_that_mean_something_else_are_named(tmp_path: Path) -> None:
    view = only(compared(tmp_path, ("_.amount > 5", "_.amount > 6")), "view")
    assert view.features == ("dear_1h", "dear_30d")


def test_a_field_more_that_is_read_is_said(tmp_path: Path) -> None:
    view = only(compared(tmp_path, ("_.amount > 5", "_.quantity > 5")), "view")
    before, after = details(view)["source: fields read"]
    assert "quantity int" not in before
    assert "quantity int" in after


def test_a_set_of_a_view_that_means_something_else_does_so_too(tmp_path: Path) -> None:
    change = only(compared(tmp_path, ("_.amount > 5", "_.amount > 6")), "set")
    assert change.kind == "meaning"
    assert details(change) == {"view visitor": ("shop.visitor.v1", "shop.visitor.v1, of another meaning")}


def test_owners_and_descriptions_are_prose(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        ("Sum(_.amount)", 'Sum(_.amount, description="All of it.")'),
        ('owner="me", entity', 'owner="you", entity'),
    )
    assert [change.kind for change in found.changes] == ["prose"]
    assert details(found.changes[0]) == {
        "owner": ("me", "you"),
        "spend_1h: description": ("", "All of it."),
        "spend_30d: description": ("", "All of it."),
    }
    assert found.unchanged == 1


def test_another_version_is_compared_with_the_newest_before(tmp_path: Path) -> None:
    found = compared(tmp_path, ('"visitor", version=1', '"visitor", version=2'), ("_.amount > 5", "_.amount > 6"))
    new, gone = (change for change in sorted(found.changes, key=lambda one: -one.version) if change.what == "view")
    assert (new.kind, new.version, new.before) == ("new version", 2, 1)
    assert "dear_1h: is" in details(new)
    assert new.features == ("spend_1h", "spend_30d", "dear_1h", "dear_30d")
    assert (gone.kind, gone.version) == ("gone", 1)


def test_what_was_not_there_is_new_and_what_is_no_more_is_gone(tmp_path: Path) -> None:
    whole = pool(tmp_path)
    empty = type(whole)(views=(), sets=())
    assert [(change.label, change.kind) for change in difference(empty, whole).changes] == [
        ("view shop.visitor.v1", "new"),
        ("set shop.seen.v1", "new"),
    ]
    assert [change.kind for change in difference(whole, empty).changes] == ["gone", "gone"]
    assert difference(empty, whole).changes[0].features == ("spend_1h", "spend_30d", "dear_1h", "dear_30d")


def test_places_of_a_set_are_compared_with_their_order(tmp_path: Path) -> None:
    swapped = 'features=[visitor["dear_1h"], *(visitor[n] for n in ("spend_30d", "spend_1h", "dear_30d"))]'
    change = only(compared(tmp_path, ("features=visitor.all()", swapped)), "set")
    assert list(details(change)) == ["order of places"]
    shorter = only(compared(tmp_path, ("features=visitor.all()", 'features=[visitor["spend_1h"].default(0)]')), "set")
    assert details(shorter)["place visitor.spend_1h"] == ("decimal(38,2)", 'decimal(38,2), by default Decimal("0.00")')
    assert details(shorter)["place visitor.dear_1h"] == ("int", "")


def test_what_is_written_alike_and_differs_is_still_said(tmp_path: Path) -> None:
    before = pool(tmp_path, ("_.amount > 5", 'local_hour(_.sold_at, "Europe/Berlin") < 6'))
    after = decode(encode(before).replace(b" -1693706400:7200", b""), Pool, where="here")
    (view,) = after.views
    after = replace(after, views=(hashed_view(view),))
    change = only(difference(before, after), "view")
    assert change.kind == "meaning"
    assert change.details == (Detail(what="dear_count: expression", before="", after=HIDDEN),)


def test_a_meaning_that_nothing_readable_explains_is_said_by_its_hashes(tmp_path: Path) -> None:
    before = pool(tmp_path)
    (view,) = before.views
    change = only(difference(before, replace(before, views=(replace(view, meaning="other"),))), "view")
    assert change.details == (Detail(what="compiled plan", before=view.meaning, after="other"),)
