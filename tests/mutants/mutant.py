"""One deliberate fault in the source, and the tests that must notice it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A fault: one text in one file replaced by another.

    Args:
        name: what goes wrong, in a few words.
        file: from the top of the tree.
        old: the text to be replaced; it must be there exactly once.
        new: what stands there instead.
        tests: what pytest is given: the fewest that should notice.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def mutated(self, text: str) -> str:
        """The file's text with the fault.

        Raises:
            LookupError: the old text is not there, or more than once, or the fault is none.
        """
        found = text.count(self.old)
        if found != 1:
            raise LookupError(f"{self.name}: {self.file} has {self.old!r} {found} times; name what stands there now")
        if self.old == self.new:
            raise LookupError(f"{self.name}: nothing is changed")
        return text.replace(self.old, self.new)

    def apply(self, tree: Path) -> str:
        """Put the fault into a tree, and give back the text that was there."""
        path = tree / self.file
        before = path.read_text()
        path.write_text(self.mutated(before))
        return before
