"""From a folder of Python files to authored objects, with every error found on the way."""

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from millpond.define.complaints import complaint
from millpond.define.entity import Entity
from millpond.define.feature_set import FeatureSet
from millpond.define.place import Place, collecting
from millpond.define.source import EventSource
from millpond.define.view import FeatureView
from millpond.plan.errors import DefinitionError, MillpondError
from millpond.plan.names import check_name

FEATURES: Final = "features"
_T = TypeVar("_T", EventSource, Entity, FeatureView, FeatureSet)


class InvalidPool(DefinitionError):
    """The pool has errors: all of them.

    Args:
        errors: at least one, each with its place.
    """

    def __init__(self, errors: Iterable[MillpondError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


@dataclass(frozen=True, kw_only=True)
class AuthoredPool:
    """What a pool's files define, and what is wrong with them.

    Args:
        root: the project's folder.
        views: by domain and name.
        sets: by domain and name.
        errors: of files that could not be read, and of definitions that contradict each other.
    """

    root: Path
    sources: tuple[EventSource, ...]
    entities: tuple[Entity, ...]
    views: dict[tuple[str, str], FeatureView]
    sets: dict[tuple[str, str], FeatureSet]
    errors: tuple[MillpondError, ...]

    def where(self, place: Place) -> str:
        """A place as it stands in errors: `features/retail/household.py:12`."""
        return _where(self.root, place)


def load_pool(root: Path) -> AuthoredPool:
    """Import every file under features/ and gather what they define.

    A file that fails does not hide the errors of the others.
    """
    root = root.resolve()
    files = sorted(f for f in (root / FEATURES).rglob("*.py") if f != root / FEATURES / "__init__.py")
    errors: list[MillpondError] = []
    if not files:
        errors.append(
            DefinitionError("there are no definitions", where=FEATURES, mend="add features/<domain>/<view>.py")
        )
    package = root / FEATURES / "__init__.py"
    if package.is_file() and package.read_text(encoding="utf-8").strip():
        mend = "move what it defines to features/<domain>/"
        errors.append(
            DefinitionError(
                "features/ is no package: this file is not read", where=f"{FEATURES}/__init__.py", mend=mend
            )
        )
    with _importing(root), collecting() as found:
        for file in files:
            try:
                importlib.import_module(_module(root, file))
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a contributor's file raises is said, not thrown
                _add(errors, complaint(error, file, root))
    gather = _Gathering(root, errors)
    return AuthoredPool(
        root=root,
        sources=gather.unique(_of(EventSource, found)),
        entities=gather.unique(_of(Entity, found)),
        views=gather.by_domain(_of(FeatureView, found)),
        sets=gather.by_domain(_of(FeatureSet, found)),
        errors=tuple(errors),
    )


class _Gathering:
    """Checks across files; what fails is left out and said."""

    def __init__(self, root: Path, errors: list[MillpondError]) -> None:
        self.root = root
        self.errors = errors

    def unique(self, found: Iterable[_T]) -> tuple[_T, ...]:
        kept: dict[str, _T] = {}
        for one in found:
            first = kept.setdefault(one.name, one)
            if first is not one:
                self._twice(first, one)
        return tuple(kept.values())

    def by_domain(self, found: Iterable[_T]) -> dict[tuple[str, str], _T]:
        kept: dict[tuple[str, str], _T] = {}
        view_files: dict[Path, _T] = {}
        for one in found:
            try:
                domain = self._domain(one.place)
            except DefinitionError as error:
                self.errors.append(error.at(f"{_where(self.root, one.place)}: {one.name}"))
                continue
            first = kept.setdefault((domain, one.name), one)
            if first is not one:
                self._twice(first, one)
            elif isinstance(one, FeatureView):
                self._check_file(one, view_files.setdefault(one.place.file, one))
        return dict(sorted(kept.items()))

    def _domain(self, place: Place) -> str:
        folders = place.file.relative_to(self.root / FEATURES).parts[:-1] if self._inside(place) else ()
        if len(folders) != 1:
            raise DefinitionError(
                "it is not defined in a domain's folder", mend="move it to features/<domain>/<name>.py"
            )
        return check_name(folders[0], "the domain")

    def _inside(self, place: Place) -> bool:
        return place.file.is_relative_to(self.root / FEATURES)

    def _check_file(self, view: Any, first: Any) -> None:
        where = f"{_where(self.root, view.place)}: {view.name}"
        if first is not view:
            self.errors.append(
                DefinitionError(
                    f"the file already defines the view {first.name!r}", where=where, mend=f"move it to {view.name}.py"
                )
            )
        elif view.place.file.stem != view.name:
            self.errors.append(
                DefinitionError("a view's file has the view's name", where=where, mend=f"name the file {view.name}.py")
            )

    def _twice(self, first: Any, second: Any) -> None:
        self.errors.append(
            DefinitionError(
                f"{type(second).__name__} {second.name!r} is also defined at {_where(self.root, first.place)}",
                where=_where(self.root, second.place),
                mend="import the one, or rename the other",
            )
        )


def _of(kind: type[_T], found: list[Any]) -> list[_T]:
    return [one for one in found if isinstance(one, kind)]


def _add(errors: list[MillpondError], error: MillpondError) -> None:
    """A broken file breaks those that import it, with the same error at the same line: said once."""
    if str(error) not in map(str, errors):
        errors.append(error)


def _where(root: Path, place: Place) -> str:
    file = place.file.relative_to(root) if place.file.is_relative_to(root) else place.file
    return f"{file}:{place.line}"


def _module(root: Path, file: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@contextmanager
def _importing(root: Path) -> Iterator[None]:
    """`features` is this pool's folder and nothing else's, read anew, and leaves no trace.

    Set by hand: with sys.path, a package of that name elsewhere would win over a folder without __init__.py. Bytecode
    is not written, since two edits within a second would be taken for one.
    """
    before = _take(_is_features)
    no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    package = ModuleType(FEATURES)
    package.__path__ = [str(root / FEATURES)]
    sys.modules[FEATURES] = package
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = no_bytecode
        _take(_is_features)
        sys.modules.update(before)


def _is_features(name: str) -> bool:
    return name == FEATURES or name.startswith(f"{FEATURES}.")


def _take(which: Callable[[str], bool]) -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in list(sys.modules) if which(name)}
