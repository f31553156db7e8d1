"""Names and texts as SQL writes them, whatever characters they hold."""


def backticked(name: str) -> str:
    """A Flink identifier."""
    return "`" + name.replace("`", "``") + "`"


def double_quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def flink_text(text: str) -> str:
    r"""A Flink string literal; one with control characters is written with escapes, `U&'a\000ab'`."""
    doubled = text.replace("'", "''")
    if text.isprintable():
        return f"'{doubled}'"
    return "U&'" + "".join(map(_escaped, doubled)) + "'"


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    # An escape has four digits; characters beyond need none of their own, they are written as they are.
    return f"\\{ord(char):04x}" if not char.isprintable() and ord(char) <= 0xFFFF else char


def duckdb_text(text: str) -> str:
    """A DuckDB string expression; NUL, which no literal may hold, is put in by `chr(0)`."""
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\0")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"
