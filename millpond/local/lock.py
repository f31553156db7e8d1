"""The lock file: every Maven artifact the stack is made of, pinned by version and sha256."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from millpond.plan.errors import StackError

LOCK_PATH = Path(__file__).parent / "artifacts.lock"

Use = Literal["kafka", "registry", "flink", "compiler"]
USES: tuple[Use, ...] = get_args(Use)


@dataclass(frozen=True, kw_only=True, order=True)
class Coordinate:
    """One file of a Maven repository."""

    group: str
    name: str
    version: str
    classifier: str = ""
    packaging: str = "jar"

    @property
    def filename(self) -> str:
        """The file's name in any Maven repository."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.name}-{self.version}{classifier}.{self.packaging}"

    @property
    def path(self) -> PurePosixPath:
        """The file's path in any Maven repository."""
        return PurePosixPath(*self.group.split("."), self.name, self.version, self.filename)

    def __str__(self) -> str:
        parts = [self.group, self.name, self.version, *([self.classifier] if self.classifier else []), self.packaging]
        return ":".join(parts)

    @classmethod
    def parse(cls, text: str) -> "Coordinate":
        """Read `group:artifact:version[:classifier]:packaging`.

        Raises:
            ValueError: the text has another form.
        """
        match text.split(":"):
            case [group, name, version, packaging]:
                return cls(group=group, name=name, version=version, packaging=packaging)
            case [group, name, version, classifier, packaging]:
                return cls(group=group, name=name, version=version, classifier=classifier, packaging=packaging)
            case _:
                raise ValueError(f"not group:artifact:version[:classifier]:packaging: {text!r}")


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A file, what it is used for, and the digest it must have."""

    use: Use
    coordinate: Coordinate
    sha256: str


def parse(text: str, *, where: str = "artifacts.lock") -> tuple[Pin, ...]:
    """Read a lock file's text.

    Raises:
        StackError: a line is not a section, a comment or a pin.
    """
    pins: list[Pin] = []
    use: Use | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if line.startswith("["):
                use = next(known for known in USES if line == f"[{known}]")
                continue
            coordinate, digest = line.split()
            algorithm, _, sha256 = digest.partition("=")
            if use is None or algorithm != "sha256" or len(sha256) != 64:
                raise ValueError(f"no section before it, or no sha256: {line!r}")
            pins.append(Pin(use=use, coordinate=Coordinate.parse(coordinate), sha256=sha256))
        except (ValueError, StopIteration) as error:
            raise StackError(
                "neither a section nor `group:artifact:version[:classifier]:packaging sha256=…`",
                where=f"{where}:{number}",
                mend="regenerate it: python -m millpond.local.artifacts --relock",
            ) from error
    return tuple(pins)


def render(pins: tuple[Pin, ...]) -> str:
    """The lock file's text: sections in the order of USES, pins sorted, so that a diff shows what changed."""
    lines = ["# Made by `python -m millpond.local.artifacts --relock`; every file is verified against it when fetched."]
    for use in USES:
        lines += ["", f"[{use}]"]
        chosen = sorted((pin for pin in pins if pin.use == use), key=lambda pin: pin.coordinate)
        lines += [f"{pin.coordinate} sha256={pin.sha256}" for pin in chosen]
    return "\n".join(lines) + "\n"


def read() -> tuple[Pin, ...]:
    """The pins committed with this version of Millpond."""
    return parse(LOCK_PATH.read_text(), where=str(LOCK_PATH.name))
