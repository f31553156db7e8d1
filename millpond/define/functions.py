"""Functions of ours that take expressions written with `_`, beside the methods ibis has."""

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.rules as rlz
from ibis.common.deferred import Deferred, deferrable

from millpond.define.zones import rules_of


class LocalHour(ops.Value):  # type: ignore[misc]  # ibis is untyped
    """`local_hour`, as an operation beside ibis's own."""

    arg: ops.Value[dt.Timestamp]
    zone: str
    dtype = dt.int64
    shape = rlz.shape_like("arg")


class LocalDayOfWeek(ops.Value):  # type: ignore[misc]  # ibis is untyped
    """`local_day_of_week`, as an operation beside ibis's own."""

    arg: ops.Value[dt.Timestamp]
    zone: str
    dtype = dt.int64
    shape = rlz.shape_like("arg")


class HaversineKm(ops.Value):  # type: ignore[misc]  # ibis is untyped
    """`haversine_km`, as an operation beside ibis's own."""

    lat1: ops.Value[dt.Numeric]
    lon1: ops.Value[dt.Numeric]
    lat2: ops.Value[dt.Numeric]
    lon2: ops.Value[dt.Numeric]
    dtype = dt.float64
    shape = rlz.shape_like("args")


def local_hour(instant: Any, zone: str) -> Deferred:
    """The hour, 0 to 23, that a zone's clocks show at an instant; null from the year 2100 on.

    The rules of the zone, as they are known when the pool is compiled, stand in the Plan.

    Args:
        instant: a timestamp of the event, such as `_.sold_at`.
        zone: an IANA name, such as "Europe/Berlin".

    Raises:
        DefinitionError: there is no such zone.
    """
    rules_of(zone)
    return _deferred("local_hour", LocalHour, instant, zone)


def local_day_of_week(instant: Any, zone: str) -> Deferred:
    """The day of the week, Monday 0 to Sunday 6, in a zone at an instant; see `local_hour`.

    Raises:
        DefinitionError: there is no such zone.
    """
    rules_of(zone)
    return _deferred("local_day_of_week", LocalDayOfWeek, instant, zone)


def haversine_km(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Deferred:
    """Kilometres along a great circle of a sphere of radius 6371.0088 km, as a double.

    Args:
        lat1: degrees north, -90 to 90; null outside.
        lon1: degrees east, -360 to 360; null outside.
        lat2: as lat1, of the other place.
        lon2: as lon1, of the other place.
    """
    return _deferred("haversine_km", HaversineKm, lat1, lon1, lat2, lon2)


def _deferred(name: str, kind: type, *args: Any) -> Any:
    def build(*given: Any) -> Any:
        return kind(*given).to_expr()

    build.__name__ = name  # what the expression is written with where it is shown
    return deferrable(build)(*args)
