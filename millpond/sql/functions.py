"""Our Java functions, what SQL calls each, and its class: what Flink lacks, or has otherwise than the others."""

from collections.abc import Iterable
from typing import Final

from millpond.sql.quote import backticked, flink_text

FUNCTIONS: Final = {
    "AVRO_DECODE": "millpond.AvroDecode",
    "MARK": "millpond.Mark",
    "POWER_LIMB": "millpond.PowerLimb",
    "BUCKET": "millpond.Bucket",
    "FIRSTS": "millpond.Firsts",
    "LASTS": "millpond.Lasts",
    "TALLY": "millpond.Tally",
    "FINITE": "millpond.Finite",
    "UNSIGNED_ZERO": "millpond.UnsignedZero",
    "TO_INT": "millpond.ToInt",
    "TO_DECIMAL": "millpond.ToDecimal",
    "TO_DOUBLE": "millpond.ToDouble",
    "ROUND_HALF_AWAY": "millpond.RoundHalfAway",
    "FLOOR_DIVIDE": "millpond.FloorDivide",
    "FLOOR_REMAINDER": "millpond.FloorRemainder",
    "SQUARE_ROOT": "millpond.SquareRoot",
    "LOGARITHM": "millpond.Logarithm",
    "EXPONENTIAL": "millpond.Exponential",
    "HAVERSINE_KM": "millpond.HaversineKm",
    "TEXT_ORDER": "millpond.TextOrder",
    "TEXT_LENGTH": "millpond.TextLength",
    "TEXT_PART": "millpond.TextPart",
    "TEXT_HOLDS": "millpond.TextHolds",
    "TEXT_LIKE": "millpond.TextLike",
    "TEXT_REPLACED": "millpond.TextReplaced",
    "ASCII_CASE": "millpond.AsciiCase",
    "STRIPPED": "millpond.Stripped",
    "INSTANT_PART": "millpond.InstantPart",
    "LOCAL_INSTANT": "millpond.LocalInstant",
}


def functions_in(texts: Iterable[str]) -> list[str]:
    """Those of FUNCTIONS that SQL texts call; one too many where a constant reads like a call, which does no harm."""
    whole = "\n".join(texts)
    return [name for name in FUNCTIONS if f"{name}(" in whole or f"`{name}`(" in whole]


def registration(name: str) -> str:
    """The statement that makes one of FUNCTIONS known."""
    return f"CREATE TEMPORARY FUNCTION {backticked(name)} AS {flink_text(FUNCTIONS[name])} LANGUAGE JAVA"
