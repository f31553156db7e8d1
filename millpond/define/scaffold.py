"""Files for a new source, view or set: the least that is right, to be gone on from."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml

from millpond.define.avro import SourceSchema, read_schema
from millpond.define.fields import is_method
from millpond.define.loader import FEATURES, load_pool
from millpond.define.pages.book import EXAMPLES
from millpond.define.place import Place, located
from millpond.define.pool_files import write_compiled
from millpond.define.source import EventSource
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name, did_you_mean
from millpond.plan.types import INT, STRING, TIMESTAMP

SOURCES: Final = "sources.py"
_IDS: Final = ("event_id", "id")


def new_source(
    root: Path,
    full_name: str,
    *,
    schema: str,
    topic: str | None = None,
    event_time: str | None = None,
    event_id: str | None = None,
    owner: str | None = None,
) -> list[Path]:
    """A source in features/<domain>/sources.py; the files written, from the project's root.

    Args:
        full_name: `<domain>.<name>`.
        schema: its Avro schema, from the project's root.
        topic: by default as the schema's file is called.
        event_time: by default the one timestamp that is never null.
        event_id: by default `event_id` or `id`, where there is such a field.
        owner: by default the domain.

    Raises:
        DefinitionError: a name that cannot be, or is taken; or what is not given is not clear from the schema.
        InvalidPool: the pool is not right, with what was written or before; nothing is written then.
    """
    domain, name = _named(full_name)
    with located(schema):
        fields = read_schema(root / schema)
    event_time = event_time or _event_time(fields)
    event_id = event_id or next((one for one in _IDS if fields.types.get(one) in (STRING, INT)), None)
    lines = [f"{name} = EventSource(", f'    "{name}",', f'    topic="{topic or Path(schema).stem}",']
    lines += [f'    schema="{schema}",', f'    event_time="{event_time}",']
    lines += [f'    event_id="{event_id}",'] if event_id else []
    lines += ['    lateness="1d",', f'    owner="{owner or domain}",', ")"]
    with _written(root) as write:
        if any(source.name == name for source in load_pool(root).sources):
            raise DefinitionError(f"there is a source {name!r} already", mend="choose another name")
        write.defined(domain, "EventSource", "\n".join(lines))
    return write.files


def new_view(root: Path, full_name: str, *, source: str, by: Sequence[str], owner: str | None = None) -> list[Path]:
    """A view that counts its source's events, and sums a number of theirs, with an example; the files written.

    Args:
        full_name: `<domain>.<name>`.
        source: the name of a source of the pool.
        by: the fields that say whom it is about, each `field`, or `key=field` where the key is called otherwise. An
            entity with these keys is taken, or defined.
        owner: by default the domain.

    Raises:
        DefinitionError: a name that cannot be, or is taken; an unknown source or field.
        InvalidPool: the pool is not right, with what was written or before; nothing is written then.
    """
    domain, name = _named(full_name)
    pool = load_pool(root)
    found = _source(source, pool.sources)
    schema = found.read(root)
    keys = dict(_key(one) for one in by)
    for field in keys.values():
        schema.type_of(field)
    total = _number(schema, (*keys.values(), found.event_time))
    with _written(root) as write:
        entity = next((one for one in pool.entities if tuple(one.keys) == tuple(keys)), None)
        called = "_".join(key.removesuffix("_id") for key in keys)
        if entity is None:
            write.defined(domain, "Entity", f'{called} = Entity("{called}", keys={_listed(keys)})')
        at = f"{FEATURES}.{domain}.{Path(SOURCES).stem}", called
        whom = at if entity is None else _where(root, entity.place)
        what = _where(root, found.place)
        write.new(domain, name, ".py", _view(name, owner or domain, whom, what, keys, total))
        write.new(domain, name, EXAMPLES, _example(schema, keys, total))
    return write.files


def new_set(root: Path, full_name: str, *, views: Sequence[str], owner: str | None = None) -> list[Path]:
    """A set of all features of some views; the files written.

    Args:
        full_name: `<domain>.<name>`.
        views: their names, `<domain>.<view>`.
        owner: by default the domain.

    Raises:
        DefinitionError: a name that cannot be, or is taken; an unknown view.
        InvalidPool: the pool is not right, with what was written or before; nothing is written then.
    """
    domain, name = _named(full_name)
    pool = load_pool(root)
    known = {f"{of}.{view}": one for (of, view), one in pool.views.items()}
    for view in views:
        if view not in known:
            raise DefinitionError(f"there is no view {view!r}", mend=did_you_mean(view, known))
    places = [_where(root, known[view].place) for view in views]
    imports = sorted(f"from {module} import {variable}" for module, variable in places)
    features = ", ".join(f"*{variable}.all()" for _, variable in places)
    text = f'''"""What a model reads."""

{chr(10).join(imports)}
from millpond import FeatureSet

{name} = FeatureSet(
    "{name}",
    version=1,
    owner="{owner or domain}",
    features=[{features}],
)
'''
    with _written(root) as write:
        write.new(domain, name, ".py", text)
    return write.files


# --- files ----------------------------------------------------------------------------------------------------------


class _Writing:
    """Files written under a project, and what stood there before."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before: dict[Path, str | None] = {}

    @property
    def files(self) -> list[Path]:
        """What was written, from the project's root."""
        return [path.relative_to(self._root) for path in self._before]

    def new(self, domain: str, name: str, ending: str, text: str) -> None:
        path = self._root / FEATURES / domain / f"{name}{ending}"
        if path.exists():
            raise DefinitionError(
                "there is such a file already", where=str(path.relative_to(self._root)), mend="choose another name"
            )
        self._write(path, text)

    def defined(self, domain: str, kind: str, text: str) -> None:
        """One more definition at the end of the domain's sources."""
        path = self._root / FEATURES / domain / SOURCES
        before = (
            path.read_text() if path.exists() else '"""Where events come from, and whom the features are about."""\n'
        )
        self._write(path, f"{_importing(before, kind).rstrip()}\n\n{text}\n")

    def _write(self, path: Path, text: str) -> None:
        self._before.setdefault(path, path.read_text() if path.exists() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def undo(self) -> None:
        for path, text in self._before.items():
            if text is None:
                path.unlink(missing_ok=True)
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
            else:
                path.write_text(text)


@contextmanager
def _written(root: Path) -> Iterator[_Writing]:
    """What is written inside, compiled; or nothing at all."""
    writing = _Writing(root)
    try:
        yield writing
        if load_pool(root).views:
            write_compiled(root)
    except BaseException:
        writing.undo()
        raise


def _importing(text: str, name: str) -> str:
    """A file's text with a name of millpond imported."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "millpond" and node.end_lineno is not None:
            names = sorted({name, *(one.name for one in node.names)}, key=lambda one: (one == "_", one))
            lines = text.splitlines()
            lines[node.lineno - 1 : node.end_lineno] = [f"from millpond import {', '.join(names)}"]
            return "\n".join(lines)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    head = imports[-1].end_lineno if imports else tree.body[0].end_lineno if tree.body else 0
    lines = text.splitlines()
    return "\n".join([*lines[:head], "", f"from millpond import {name}", *lines[head:]])


# --- what is asked for ----------------------------------------------------------------------------------------------


def _named(full_name: str) -> tuple[str, str]:
    domain, dot, name = full_name.partition(".")
    if not dot:
        raise DefinitionError(f"{full_name!r} says no domain", mend=f"write <domain>.{full_name}")
    return check_name(domain, "the domain"), check_name(name, "it")


def _source(name: str, among: Sequence[EventSource]) -> EventSource:
    known = {one.name: one for one in among}
    if name not in known:
        raise DefinitionError(f"there is no source {name!r}", mend=did_you_mean(name, known))
    return known[name]


def _event_time(schema: SourceSchema) -> str:
    found = [name for name, type in schema.types.items() if type == TIMESTAMP and "[" not in name]
    if len(found) != 1:
        raise DefinitionError(
            f"it has {len(found)} timestamps, so which is the event's time is not clear",
            mend=f"name it: --event-time {found[0]}" if found else "an event needs a timestamp-millis or -micros",
        )
    return found[0]


def _key(written: str) -> tuple[str, str]:
    key, equals, field = written.partition("=")
    return (key, field) if equals else (key.rpartition(".")[2], key)


def _number(schema: SourceSchema, but: Sequence[str]) -> str | None:
    """A field worth a sum: a decimal, else a double; a whole number may be anything."""
    fit = [(name, type) for name, type in schema.types.items() if name not in but and "[" not in name]
    of_kind = [name for kind in ("decimal", "double") for name, type in fit if type.kind == kind]
    return next(iter(of_kind), None)


def _where(root: Path, place: Place) -> tuple[str, str]:
    """The module and the variable of a definition."""
    module = ".".join(place.file.relative_to(root.resolve()).with_suffix("").parts)
    for node in ast.parse(place.file.read_text()).body:
        if isinstance(node, ast.Assign) and node.lineno <= place.line <= (node.end_lineno or node.lineno):
            (target,) = node.targets
            if isinstance(target, ast.Name):
                return module, target.id
    raise DefinitionError(
        "it is not assigned to a name by a line of its own", where=f"{place.file}:{place.line}", mend="name = …(…)"
    )


# --- texts ----------------------------------------------------------------------------------------------------------


def _listed(names: Sequence[str] | dict[str, str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _written_field(path: str) -> str:
    first, *rest = path.split(".")
    start = f'_["{first}"]' if is_method(first) else f"_.{first}"
    return ".".join([start, *rest])


def _view(
    name: str, owner: str, entity: tuple[str, str], source: tuple[str, str], keys: dict[str, str], total: str | None
) -> str:
    modules = sorted({entity[0], source[0]})
    short = {module: module.rpartition(".")[2] for module in modules}
    if len(set(short.values())) < len(short):
        short = {module: module.removeprefix(f"{FEATURES}.").replace(".", "_") for module in modules}
    imports = [_import(module, short[module]) for module in modules]
    used = ["Count", "FeatureView", *(["Sum"] if total else []), "_"]
    by = ", ".join(f'"{key}": {_written_field(field)}' for key, field in keys.items())
    features = ['        "events": Count(),']
    if total:
        features.append(f'        "{_sum_of(total)}": Sum({_written_field(total)}),')
    return f'''"""What this view is about, in a sentence."""

{chr(10).join(imports)}
from millpond import {", ".join(used)}

{name} = FeatureView(
    "{name}",
    version=1,
    owner="{owner}",
    entity={short[entity[0]]}.{entity[1]},
    source={short[source[0]]}.{source[1]},
    by={{{by}}},
    windows=["1h", "24h"],
    features={{
{chr(10).join(features)}
    }},
)
'''


def _import(module: str, name: str) -> str:
    package, _, last = module.rpartition(".")
    return f"from {package} import {last}" + ("" if last == name else f" as {name}")


def _sum_of(total: str) -> str:
    return f"{total.rpartition('.')[2].lower()}_sum"


def _example(schema: SourceSchema, keys: dict[str, str], total: str | None) -> str:
    whom = {field: "a1" if schema.type_of(field) == STRING else 1 for field in keys.values()}
    event: dict[str, Any] = {}
    for field, value in (whom | ({total: 10} if total else {})).items():
        *records, last = field.split(".")
        inside = event
        for record in records:
            inside = inside.setdefault(record, {})
        inside[last] = value
    expect: dict[str, Any] = {"events_1h": 1, "events_24h": 2}
    if total:
        expect |= {f"{_sum_of(total)}_1h": 10, f"{_sum_of(total)}_24h": 20}
    example = {
        "name": "one within the hour, and one before",
        "events": [{"at": at, **event} for at in (_EARLIER, _LATELY)],
        "read": {"at": _READ, **{key: whom[field] for key, field in keys.items()}},
        "expect": expect,
    }
    return yaml.safe_dump([example], sort_keys=False, allow_unicode=True)


_EARLIER: Final = datetime(2024, 1, 2, 10)  # noqa: DTZ001  examples are written in UTC, without saying so
_LATELY: Final = datetime(2024, 1, 2, 11, 30)  # noqa: DTZ001
_READ: Final = datetime(2024, 1, 2, 12)  # noqa: DTZ001
