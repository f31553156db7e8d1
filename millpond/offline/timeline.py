"""Where the windows of a request lie in time, and which of its entities' events are in them."""

from dataclasses import dataclass

from millpond.offline.events import Events
from millpond.offline.subject import Subject
from millpond.offline.vectors import Ask, Keys, moments_of
from millpond.plan.aggregations import AGGREGATIONS
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.serve.own_event import Own
from millpond.sql.duckdb_windows import times


@dataclass(frozen=True, kw_only=True)
class Window:
    """One window over one entity's events.

    Attributes:
        alias: of the view's binding.
        label: as the author wrote it.
        lo, hi: it holds the events with lo <= ts < hi, ms UTC.
        times: of the entity's events up to the instant read, ascending.
    """

    alias: str
    label: str
    lo: int
    hi: int
    times: tuple[int, ...]

    @property
    def inside(self) -> int:
        """How many events it holds."""
        return sum(self.lo <= ts < self.hi for ts in self.times)


def windows_of(subject: Subject, events: Events, ask: Ask) -> tuple[Window, ...]:
    """The windows of a request's vector, of each view the longest first."""
    ((q, owns),) = moments_of(subject.plan, subject.views, [ask])
    found: dict[tuple[str, int, int], Window] = {}
    for binding, view, own in zip(subject.plan.bindings, subject.views, owns, strict=True):
        key = Keys(binding, view).of(ask.request)
        if key is None:
            continue
        ts = _times(events, view, key, q, own)
        for name in (one.feature for one in subject.plan.features if one.alias == binding.alias):
            feature = view.feature(name)
            lo, hi = feature.window.bounds(q, _step(view, feature))
            window = Window(alias=binding.alias, label=feature.window.label, lo=max(0, lo), hi=hi, times=ts)
            found.setdefault((binding.alias, window.lo, window.hi), window)
    order = [binding.alias for binding in subject.plan.bindings]
    return tuple(sorted(found.values(), key=lambda one: (order.index(one.alias), one.lo, -one.hi)))


def _step(view: ViewPlan, feature: FeaturePlan) -> int:
    """What the ends of a window are rounded to."""
    is_told = AGGREGATIONS[feature.aggregation].to_the_ms and feature.window.delay_ms == 0
    return 1 if view.is_exact or is_told else feature.level_ms


def _times(events: Events, view: ViewPlan, key: tuple[int | str, ...], q: int, own: Own | None) -> tuple[int, ...]:
    without = own is not None and own.is_excluded
    given: dict[str, object] = {"q": q, **{f"k{place}": value for place, value in enumerate(key)}}
    if own is not None and without and own.id is not None:
        given["id"] = own.id
    rows = events.db.execute(times(view, events.table(view.source), without=without), given).fetchall()
    return tuple(ts for (ts,) in rows)
