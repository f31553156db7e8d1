"""Views and bindings as authors hold them."""

import dataclasses

import pytest

from millpond import LIFETIME, Count, Entity, EventSource, FeatureSet, FeatureView, Max, Sum, Window, _
from millpond.define.aggregations import ALL, Median, OfOneEvent, Quantile, Valued
from millpond.plan.aggregations import AGGREGATIONS
from millpond.plan.errors import DefinitionError

ACCOUNT = Entity("account", keys=["account_id", "bank"])
TRANSFERS = EventSource(
    "transfers", topic="transfer.v1", schema="schemas/x.avsc", event_time="at", lateness="1d", owner="payments"
)


def view(**changes: object) -> FeatureView:
    """A view of accounts."""
    arguments: dict[str, object] = {
        "version": 1,
        "owner": "fraud",
        "entity": ACCOUNT,
        "source": TRANSFERS,
        "by": {"bank": _.bank, "account_id": _.sender_id},
        "windows": ["1h", "24h"],
        "features": {"volume": Sum(_.amount), "attempts": Count(windows=[LIFETIME, Window("30d", delay="7d")])},
    }
    return FeatureView("account_out", **(arguments | changes))  # type: ignore[arg-type]


def test_features_are_named_by_aggregation_and_window_in_the_order_written() -> None:
    assert view().feature_names == (
        "volume_1h",
        "volume_24h",
        "attempts_lifetime",
        "attempts_30d_delayed_7d",
    )


def test_a_lifetime_may_be_delayed() -> None:
    assert view(features={"n": Count(windows=[Window(LIFETIME, delay="7d")])}).feature_names == (
        "n_lifetime_delayed_7d",
    )


def test_a_view_is_bound_by_its_own_name_and_keys_unless_said_otherwise() -> None:
    feature = view()["volume_1h"]

    assert feature.full_name == "account_out.volume_1h"
    assert feature.bound.request_fields == ("account_id", "bank")


def test_a_binding_takes_keys_from_request_fields_in_the_entitys_order() -> None:
    sender = view().bind("sender", bank=_.from_bank, account_id=_["sender"])

    assert sender["volume_1h"].full_name == "sender.volume_1h"
    assert sender.request_fields == ("sender", "from_bank")
    assert [feature.name for feature in sender.all()] == list(view().feature_names)


def test_a_set_keeps_the_order_of_features_and_of_bindings() -> None:
    out = view()
    sender, recipient = (out.bind(alias, account_id=_[alias], bank=_.bank) for alias in ("sender", "recipient"))
    model = FeatureSet(
        "m", version=1, owner="fraud", features=[recipient["volume_1h"], *sender.all(), recipient["volume_24h"]]
    )

    assert [feature.full_name for feature in model.read][:2] == ["recipient.volume_1h", "sender.volume_1h"]
    assert model.bound_views == (recipient, sender)


def test_one_alias_may_stand_for_the_same_binding_twice() -> None:
    out = view()
    once, again = (out.bind("sender", account_id=_.a, bank=_.b) for _again in range(2))

    assert (
        len(FeatureSet("m", version=1, owner="x", features=[once["volume_1h"], again["volume_24h"]]).bound_views) == 1
    )


def test_definitions_are_frozen() -> None:
    out = view()

    for changed in (out, ACCOUNT, TRANSFERS, Count(), Window("1h")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            changed.name = "other"  # type: ignore[misc, union-attr]
    with pytest.raises(TypeError):
        out.features["more"] = Count()  # type: ignore[index]


def test_a_list_that_changes_later_changes_no_definition() -> None:
    windows = ["1h"]
    out = view(windows=windows, features={"n": Count(), "most": Max(_.amount, windows=windows)})
    windows.append("24h")

    assert out.feature_names == ("n_1h", "most_1h")


@pytest.mark.parametrize("text", ["", "1", "1w", "-1h", "0h", "1.5h", " 1h", "1 h", None, 60])
def test_windows_are_whole_numbers_of_a_unit(text: object) -> None:
    with pytest.raises(DefinitionError, match="not a duration"):
        Window(text)  # type: ignore[arg-type]


def test_the_same_span_in_two_spellings_is_one_window() -> None:
    with pytest.raises(DefinitionError, match="'24h' and '1d' are the same"):
        Count(windows=["24h", "1d"])


def test_there_is_one_class_for_every_line_of_the_table() -> None:
    assert [kind.kind for kind in ALL if kind is not Median] == list(AGGREGATIONS)
    assert issubclass(Median, Quantile)
    for kind in ALL:
        takes = "one" if issubclass(kind, Valued) else "several" if issubclass(kind, OfOneEvent) else "none"
        assert AGGREGATIONS[kind.kind].takes == takes
