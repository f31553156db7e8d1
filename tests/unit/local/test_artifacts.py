"""Fetching: verified before it is in place, once, and never half."""

import hashlib
from pathlib import Path

import pytest

from millpond.local import artifacts
from millpond.local.lock import Coordinate, Pin
from millpond.plan.errors import StackError

CONTENT = {"a": b"first", "b": b"second"}


def pin(name: str, content: bytes) -> Pin:
    coordinate = Coordinate(group="g", name=name, version="1")
    return Pin(use="kafka", coordinate=coordinate, sha256=hashlib.sha256(content).hexdigest())


PINS = [pin(name, content) for name, content in CONTENT.items()]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Serves CONTENT instead of a repository; the names asked for."""
    asked: list[str] = []

    def download(coordinate: Coordinate, folder: Path, meter: artifacts._Meter) -> Path:
        meter.check()
        asked.append(coordinate.name)
        path = folder / coordinate.name
        path.write_bytes(CONTENT[coordinate.name])
        return path

    monkeypatch.setattr(artifacts, "_download", download)
    return asked


def test_every_file_comes_into_its_place(tmp_path: Path, served: list[str]) -> None:
    artifacts.fetch(PINS, tmp_path)
    assert [artifacts.path_of(each.coordinate, tmp_path).read_bytes() for each in PINS] == [*CONTENT.values()]
    assert sorted(served) == ["a", "b"]


def test_what_is_cached_is_not_fetched_again(tmp_path: Path, served: list[str]) -> None:
    artifacts.fetch(PINS[:1], tmp_path)
    artifacts.fetch(PINS, tmp_path)
    assert served == ["a", "b"]


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(tmp_path: Path, served: list[str]) -> None:
    wrong = pin("a", b"what was pinned")
    with pytest.raises(StackError, match="not the file pinned") as refused:
        artifacts.fetch([wrong], tmp_path)
    assert "g:a:1:jar" in str(refused.value)
    assert "mend: " in str(refused.value)
    assert not artifacts.path_of(wrong.coordinate, tmp_path).exists()
    assert served == ["a"]


def test_a_failed_fetch_leaves_no_partial_file(tmp_path: Path, served: list[str]) -> None:
    with pytest.raises(StackError):
        artifacts.fetch([pin("a", b"other"), PINS[1]], tmp_path)
    assert [*(tmp_path / "partial").iterdir()] == []
    assert "a" in served


def test_a_file_damaged_in_the_cache_is_found_and_fetched_again(tmp_path: Path, served: list[str]) -> None:
    artifacts.fetch(PINS[:1], tmp_path)
    path = artifacts.path_of(PINS[0].coordinate, tmp_path)
    path.write_bytes(b"damaged")
    artifacts.fetch(PINS[:1], tmp_path, rehash=True)
    assert path.read_bytes() == CONTENT["a"]
    assert served == ["a", "a"]
