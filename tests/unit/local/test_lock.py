"""The lock file: what it says, and what it refuses."""

import pytest

from millpond.local import artifacts, lock
from millpond.local.lock import Coordinate, Pin
from millpond.plan.errors import StackError

DIGEST = "0" * 64


def test_the_committed_lock_is_what_relocking_would_write() -> None:
    text = lock.LOCK_PATH.read_text()
    assert lock.render(lock.parse(text)) == text


def test_the_committed_lock_pins_every_root_for_its_use() -> None:
    pinned = {(pin.use, pin.coordinate) for pin in lock.read()}
    assert {(use, Coordinate.parse(text)) for use, text in artifacts.ROOTS} <= pinned


def test_no_file_is_pinned_twice() -> None:
    coordinates = [pin.coordinate for pin in lock.read()]
    assert len(coordinates) == len(set(coordinates))


@pytest.mark.parametrize(
    "text",
    ["org.apache.kafka:kafka_2.13:4.2.0:jar", "io.apicurio:apicurio-registry-app:3.3.3:all:tar.gz"],
)
def test_a_coordinate_is_written_as_it_is_read(text: str) -> None:
    assert str(Coordinate.parse(text)) == text


def test_a_classifier_stands_in_the_file_name() -> None:
    found = Coordinate.parse("io.apicurio:apicurio-registry-app:3.3.3:all:tar.gz").path
    assert str(found) == "io/apicurio/apicurio-registry-app/3.3.3/apicurio-registry-app-3.3.3-all.tar.gz"


@pytest.mark.parametrize(
    "line",
    [
        "a:b:1:jar",  # no digest
        f"a:b:1:jar md5={DIGEST}",
        "a:b:1:jar sha256=abc",
        f"a:b sha256={DIGEST}",
        f"a:b:1:c:jar:more sha256={DIGEST}",
        "[unknown]",
    ],
)
def test_a_line_of_another_form_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(StackError, match=r"artifacts\.lock:3: ") as refused:
        lock.parse(f"# comment\n[kafka]\n{line}\n")
    assert "--relock" in str(refused.value)


def test_a_pin_before_any_section_is_refused() -> None:
    with pytest.raises(StackError, match=r"artifacts\.lock:1: "):
        lock.parse(f"a:b:1:jar sha256={DIGEST}\n")


def test_sections_and_pins_are_sorted() -> None:
    late = Pin(use="flink", coordinate=Coordinate.parse("a:z:1:jar"), sha256=DIGEST)
    first = Pin(use="kafka", coordinate=Coordinate.parse("b:a:1:jar"), sha256=DIGEST)
    second = Pin(use="kafka", coordinate=Coordinate.parse("b:b:1:jar"), sha256=DIGEST)
    assert lock.parse(lock.render((late, second, first))) == (first, second, late)
