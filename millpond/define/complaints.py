"""What Python itself says about a contributor's file, said as what, where and mend."""

import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

import millpond
from millpond.define.aggregations import ALL
from millpond.define.derived import Derived
from millpond.define.entity import Entity
from millpond.define.expressions import USE_OPERATORS
from millpond.define.feature_set import FeatureSet
from millpond.define.source import EventSource
from millpond.define.view import FeatureView
from millpond.define.windows import Window
from millpond.plan.errors import DefinitionError, MillpondError
from millpond.plan.names import did_you_mean

_UNEXPECTED: Final = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")
_MISSING: Final = re.compile(r"(\w+)\.__init__\(\) missing \d+ required .*?arguments?: (.*)")
_POSITIONAL: Final = re.compile(r"(\w+)\.__init__\(\) takes .* positional arguments? but (?:\d+) (?:was|were) given")
_NO_NAME: Final = re.compile(r"cannot import name '(\w+)' from 'millpond'")
_DEFERRED: Final = re.compile(r"truth value of Deferred|unhashable type: 'Deferred'|'Deferred' object is not iterable")

_ARGUMENTS: Final = {
    kind.__name__: tuple(name for name, f in kind.__dataclass_fields__.items() if f.init)
    for kind in (*ALL, Derived, Entity, EventSource, FeatureSet, FeatureView, Window)
}


def complaint(error: BaseException, file: Path, root: Path) -> MillpondError:
    """An exception of importing `file`, as an error with the contributor's file and line."""
    where = _where(error, file, root)
    if isinstance(error, MillpondError):
        return error.at(where)
    what, mend = _said(error)
    return DefinitionError(what, where=where, mend=mend)


def _said(error: BaseException) -> tuple[str, str]:
    text = str(error)
    match error:
        case SyntaxError():
            return f"not Python: {error.msg}", "mend the syntax"
        case TypeError() if _DEFERRED.search(text):
            return "an expression of the event is used as a plain Python value", USE_OPERATORS
        case TypeError() if found := _UNEXPECTED.search(text):
            kind, name = found[1], found[2]
            return f"{kind} has no argument {name!r}", did_you_mean(name, _ARGUMENTS.get(kind, ()))
        case TypeError() if found := _MISSING.search(text):
            return f"{found[1]} needs {found[2]}", "add it"
        case TypeError() if found := _POSITIONAL.search(text):
            return f"{found[1]} was given too many values without a name", f"write {found[1]}(…, name=value)"
        case ImportError() if found := _NO_NAME.search(text):
            return f"millpond has no {found[1]!r}", did_you_mean(found[1], millpond.__all__)
        case NameError() if error.name:
            if error.name in millpond.__all__:
                return f"{error.name} is not imported", f"write `from millpond import {error.name}`"
            near = did_you_mean(error.name, millpond.__all__)
            return f"the name {error.name!r} is not known here", near if near.startswith(
                "did"
            ) else "import or define it"
    return f"{type(error).__name__}: {text}", "mend this line; a definition is plain Python that imports millpond"


def _where(error: BaseException, file: Path, root: Path) -> str:
    """The deepest line of the traceback that lies in the pool."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(root):
        return f"{Path(error.filename).relative_to(root)}:{error.lineno}"
    found: str | None = None
    for frame in _frames(error.__traceback__):
        if frame.filename and Path(frame.filename).is_relative_to(root / "features"):
            found = f"{Path(frame.filename).relative_to(root)}:{frame.lineno}"
    return found or str(file.relative_to(root))


def _frames(trace: TracebackType | None) -> traceback.StackSummary:
    return traceback.extract_tb(trace)
