"""Which tiles a strip holds: what strip.lua does, by its description."""

from collections.abc import Iterable


def left_of(tiles: Iterable[int], slots: int | None) -> tuple[list[int], int]:
    """Of tiles that came in their order those that are left, and the tile before which all are gone."""
    ordered = sorted(tiles)
    dropped = [tile for tile in ordered if slots is not None and tile + slots <= ordered[-1]]
    return ordered[len(dropped) :], max(dropped, default=-1) + 1
