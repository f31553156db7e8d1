"""The model of a load, against events drawn at random and counted one by one."""

import numpy as np
import pytest

from millpond.plan.errors import DefinitionError
from millpond.plan.model import OUTAGE, ViewPlan
from millpond.plan.windows import DAY, HOUR, SECOND
from millpond.review.held import HeldView
from millpond.review.load import EntityLoad, Load, SourceLoad
from millpond.review.modelled import Model, _entities
from tests.unit.review import events

OUT = events.pool().view("bank.account_out")
EXACT = events.pool().view("bank.account_exact")
ACCOUNTS, SKEW, RATE = 3_000, 0.8, 0.05
SPAN = 30 * DAY


def load(*, history: str | None = "30d") -> Load:
    sources = {
        name: SourceLoad(events_per_second=RATE, history=history, text_bytes=12, values=20)
        for name in ("transfers", "cards")
    }
    names = ("account", "card", "merchant", "device", "pair")
    return Load(sources=sources, entities={name: EntityLoad(count=ACCOUNTS, skew=SKEW) for name in names})


def drawn(span: int) -> tuple[np.ndarray, np.ndarray]:
    """Who and when, of events that come at random over a span (ms)."""
    draw = np.random.default_rng(5)
    share = np.arange(1, ACCOUNTS + 1) ** -SKEW
    number = draw.poisson(RATE / SECOND * span)
    return draw.choice(ACCOUNTS, number, p=share / share.sum()), draw.integers(0, span, number)


def test_after_a_history_all_its_tiles_are_open_and_strips_hold_what_the_ring_spans() -> None:
    who, when = drawn(SPAN)
    held = Model(load()).held_view(OUT, history=True)
    for level in OUT.levels:
        part = held.parts[{60_000: "1m", HOUR: "1h", DAY: "1d"}[level.size_ms]]
        tiles = {(a, t // level.size_ms) for a, t in zip(who.tolist(), when.tolist(), strict=True)}
        newest: dict[int, int] = {}
        for a, t in tiles:
            newest[a] = max(t, newest.get(a, 0))
        spanned = {(a, t) for a, t in tiles if t > newest[a] - level.slots}
        assert part.tiles.count == pytest.approx(len(tiles), rel=0.02)
        assert float(part.hashes.count @ part.hashes.entries) == pytest.approx(len(spanned), rel=0.02)
        assert float(part.hashes.count.sum()) == pytest.approx(len(set(who.tolist())), rel=0.02)


def test_live_only_tiles_that_were_touched_within_their_time_are_open() -> None:
    kept = OUT.state_ttl_ms("tiles_long")
    # The present lies anywhere within an hour and a day.
    counts = []
    for now in range(SPAN - DAY, SPAN, DAY // 12 + 1):
        who, when = drawn(SPAN)
        recent = (when > now - kept) & (when <= now)
        counts.append(len({(a, t // DAY) for a, t in zip(who[recent].tolist(), when[recent].tolist(), strict=True)}))
    held = Model(load()).held_view(OUT, history=False)
    assert held.parts["1d"].tiles.count == pytest.approx(sum(counts) / len(counts), rel=0.02)


def test_an_exact_view_keeps_the_events_of_a_tile_up_to_its_cap() -> None:
    who, when = drawn(SPAN)
    held = Model(load()).held_view(EXACT, history=True)
    tiles, sizes = np.unique(who.astype(np.int64) * 1_000_000 + when // HOUR, return_counts=True)
    kept = held.parts["1h"].tiles.marks["events"]
    assert kept.number == pytest.approx(np.minimum(sizes, 50).mean(), rel=0.03)
    assert len(tiles) == pytest.approx(held.parts["1h"].tiles.count, rel=0.02)
    # Time 16, id 12 and its end, a flag 1 and 1, an amount 1 and 32.
    assert kept.size / kept.number == pytest.approx(16 + 14 + 2 + 33)


def test_a_tile_keeps_no_more_than_its_cap() -> None:
    busy = Load(
        sources={"transfers": SourceLoad(events_per_second=100, text_bytes=12)},
        entities={"account": EntityLoad(count=10)},
    )
    kept = Model(busy).held_view(EXACT, history=False).parts["1h"].tiles.marks
    assert (kept["events"].number, kept["last_lasts"].number) == pytest.approx((50, 3))


def test_a_tally_has_as_many_values_as_an_entity_meets() -> None:
    card = events.pool().view("bank.card")
    held = Model(load()).held_view(card, history=True)
    who, when = drawn(SPAN)
    what = np.random.default_rng(6).integers(0, 20, len(who))
    tiles = who.astype(np.int64) * 1_000_000 + when // HOUR
    pairs = len(np.unique(tiles * 100 + what))
    assert held.parts["1h"].tiles.marks["merchants_tally"].number == pytest.approx(
        pairs / len(np.unique(tiles)), rel=0.03
    )


def test_groups_of_entities_lose_nobody_and_no_event() -> None:
    for count in (1, 2, 1_999, 10**7):
        found = _entities(EntityLoad(count=count, skew=1.1), 7.0)
        assert found.count.sum() == count
        assert float(found.count @ found.rate) == pytest.approx(7.0)
    few = _entities(EntityLoad(count=4, skew=1.0), 25.0)
    assert few.rate.tolist() == pytest.approx([12.0, 6.0, 4.0, 3.0])


def test_events_are_remembered_for_lateness_and_outage_or_all_of_a_history() -> None:
    model, source = Model(load()), OUT.source
    assert model.held_events(source, history=True).count == pytest.approx(RATE * SPAN / SECOND)
    live = model.held_events(source, history=False)
    assert live.count == pytest.approx(RATE * (source.lateness_ms + source.skew_ms + OUTAGE) / SECOND)
    assert live.id_bytes == 12
    without = Model(load(history=None))
    assert without.held_events(source, history=True) == live


def test_without_a_history_both_are_the_same() -> None:
    model = Model(load(history=None))
    assert _counts(model.held_view(OUT, history=True)) == _counts(model.held_view(OUT, history=False))


def _counts(held: HeldView) -> list[float]:
    return [part.tiles.count for part in held.parts.values()]


def test_rows_are_put_together_where_an_entity_has_several_in_a_mini_batch() -> None:
    busy = Load(
        sources={"transfers": SourceLoad(events_per_second=100_000, text_bytes=9)},
        entities={"account": EntityLoad(count=10)},
    )
    # 8,000 events of ten accounts: ten rows a level.
    assert Model(busy).held_view(OUT, history=False).coalesced == pytest.approx(3 * 10 / 8_000)


@pytest.mark.parametrize(
    ("view", "lacking", "what"),
    [
        (OUT, Load(sources={}, entities={}), r"no \[sources.transfers\]"),
        (OUT, Load(sources={"transfers": SourceLoad(events_per_second=1)}, entities={}), r"no \[entities.account\]"),
        (
            OUT,
            Load(sources={"transfers": SourceLoad(events_per_second=1)}, entities={"account": EntityLoad(count=1)}),
            "text_bytes of the field 'sender_id'",
        ),
        (
            events.pool().view("bank.card"),
            Load(
                sources={"cards": SourceLoad(events_per_second=1, text_bytes=8, values={"amount": 9})},
                entities={"card": EntityLoad(count=1)},
            ),
            "values of the field 'merchant_id'",
        ),
    ],
)
def test_what_the_load_does_not_say_is_asked_for(view: ViewPlan, lacking: Load, what: str) -> None:
    with pytest.raises(DefinitionError, match=what):
        Model(lacking).held_view(view, history=False)
