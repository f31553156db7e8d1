"""The instants that a window covers: a module of its own, for a read runs through it, compiled where it is.

The value at q of a window W, delayed by d, answered from tiles of size s, is over the events with lo <= ts < hi:

    lo = floor((q - d - W + 1) / s) * s
    hi = q + 1                            if d = 0
         floor((q - d + 1) / s) * s       otherwise

           lo        q-d-W                                q-d=q
    -------[==========(===================================]------> ts
           |<- < s ->|                W

The head is current; the tail is rounded by less than s.
"""


def bounds(size: int | None, delay: int, q: int, s: int) -> tuple[int, int]:
    """[lo, hi) in ms for a read at instant `q` from tiles of `s` ms.

    Args:
        size: of the window, ms; None for a lifetime, which starts at 0.
        delay: how far its head lies behind the instant read, ms.
    """
    lo = 0 if size is None else (q - delay - size + 1) // s * s
    hi = q + 1 if delay == 0 else (q - delay + 1) // s * s
    return lo, hi
