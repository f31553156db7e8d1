"""Cards of HTML, read by Python's own parser."""

from html.parser import HTMLParser

VOID = frozenset({"br", "img", "link", "meta", "input"})
HARMLESS = frozenset({"div", "span", "strong", "code", "table", "thead", "tbody", "tr", "th", "td"})


class Read(HTMLParser):
    """What a card holds; each of its tags is closed in its order.

    Attributes:
        tags: those that are in it.
        attributes: as names and values.
        data: what is read in it, as it stands.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.data: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"{self._open} are not closed"

    @property
    def texts(self) -> list[str]:
        """What is read in it, cell by cell."""
        return [one.strip() for one in self.data if one.strip()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.data.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def safe(html: str) -> Read:
    """A card, in which nothing runs, nothing is loaded, and nothing is styled but itself."""
    read = Read(html)
    assert read.tags <= HARMLESS
    assert {name for name, _value in read.attributes} <= {"style"}
    assert not [value for _name, value in read.attributes if "url(" in str(value) or "@import" in str(value)]
    return read
