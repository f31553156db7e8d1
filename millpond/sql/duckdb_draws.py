"""Requests drawn from a source's events, as DuckDB SQL; `$until` is the last instant, `$only0` … what is asked for."""

from collections.abc import Mapping, Sequence

import msgspec

from millpond.sql.quote import double_quoted


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """Which events requests are drawn from.

    Args:
        table: of the events.
        ts: the event time, as SQL.
        id: the event id, as SQL; None where there is none.
        fields: by the name of a request's field what of an event it is, as SQL.
        known: fields that are not to be null.
        only: fields that are to be equal to what is asked for, in order.
    """

    table: str
    ts: str
    id: str | None
    fields: Mapping[str, str]
    known: Sequence[str] = ()
    only: Sequence[str] = ()

    @property
    def _where(self) -> str:
        known = [f"{self.fields[name]} IS NOT NULL" for name in self.known]
        only = [f"{self.fields[name]} IS NOT DISTINCT FROM $only{place}" for place, name in enumerate(self.only)]
        return " AND ".join([f"{self.ts} <= $until", *known, *only])

    @property
    def _order(self) -> list[str]:
        return [self.ts, self.id] if self.id else [self.ts, *self.fields.values()]

    def spread(self, count: int) -> str:
        """The query of (ts, each field) of at most `count` of them, in the order of time, spread evenly over all."""
        listed = [f"{value} AS {double_quoted(name)}" for name, value in self.fields.items()]
        return f"""
            SELECT * EXCLUDE ("$n", "$of") FROM (
                SELECT {", ".join([f'{self.ts} AS "$ts"', *listed])},
                    row_number() OVER (ORDER BY {", ".join(self._order)}) AS "$n", count(*) OVER () AS "$of"
                FROM {self.table} WHERE {self._where}
            )
            WHERE "$n" * {count} // "$of" <> ("$n" - 1) * {count} // "$of" ORDER BY "$n"
        """

    def last(self) -> str:
        """The query of (ts, each field) of the last of them."""
        order = ", ".join(f"{one} DESC" for one in self._order)
        listed = ", ".join([self.ts, *self.fields.values()])
        return f"SELECT {listed} FROM {self.table} WHERE {self._where} ORDER BY {order} LIMIT 1"

    def range(self) -> str:
        """The query of how many there are, and the first and last of their times."""
        return f"SELECT count(*), min({self.ts}), max({self.ts}) FROM {self.table} WHERE {self._where}"

    def busiest(self, names: Sequence[str]) -> str:
        """The query of those values of some fields that most of them have."""
        values = ", ".join(self.fields[name] for name in names)
        order = f"GROUP BY ALL ORDER BY count(*) DESC, {values}"
        return f"SELECT {values} FROM {self.table} WHERE {self._where} {order} LIMIT 1"
