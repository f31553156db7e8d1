"""What compiling adds to what was written: types, shared partials, levels, hashes."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from millpond.define.compiler import compile_pool
from millpond.plan.compiled import files_of, load_compiled
from millpond.plan.model import Column, LevelPlan, Pool, ViewPlan
from millpond.plan.types import INT, STRING, Type
from millpond.plan.windows import DAY, MINUTE
from tests.unit.define.sample import RIGHT, project, view_file


@pytest.fixture(scope="module")
def right() -> Pool:
    """The sample pool, compiled."""
    return compile_pool(RIGHT)


def compiled(tmp_path: Path, features: str, more: str = "", keep: Pool | None = None) -> ViewPlan:
    """One view, compiled."""
    root = tmp_path / f"p{len(list(tmp_path.iterdir()))}"
    return compile_pool(project(root, {"features/shop/visitor.py": view_file("visitor", features, more)}), keep).view(
        "shop.visitor"
    )


def test_committed_plans_are_the_reviewed_snapshot(right: Pool) -> None:
    assert {RIGHT / path: text for path, text in files_of(right).items()} == {
        path: path.read_text() for path in RIGHT.glob("features/*/compiled/*.json")
    }
    assert load_compiled(RIGHT) == right


def test_keys_are_typed_by_what_they_are_taken_from(right: Pool) -> None:
    assert right.view("shop.customer_store").entity.keys == (Column("customer_id", STRING), Column("store_id", INT))


def test_aggregations_share_the_partials_they_have_in_common(right: Pool) -> None:
    view = right.view("shop.customer_store")

    assert [partial.name for partial in view.partials] == [
        "spend_sum",
        "visits_count",
        "mean_spend_count",
        "mean_rating_sum",
        "mean_rating_count",
    ]
    assert view.feature("mean_spend_7d").partials == ("spend_sum", "mean_spend_count")


def test_partials_of_another_condition_are_others(tmp_path: Path) -> None:
    view = compiled(tmp_path, '{"all": Sum(_.amount), "gifts": Sum(_.amount, where=_.gift), "same": Sum(_.amount)}')

    assert [partial.name for partial in view.partials] == ["all_sum", "gifts_sum"]
    assert [feature.partials for feature in view.features] == [("all_sum",), ("gifts_sum",), ("all_sum",)]


def test_each_feature_says_its_level_and_how_far_its_tail_may_be_off(right: Pool) -> None:
    view = right.view("shop.customer")
    told = {name: (view.feature(name).level_ms, view.feature(name).tail_error_ms) for name in view.feature_names}

    assert told["spend_1h"] == (MINUTE, MINUTE - 1)
    assert told["spend_30d"] == (DAY, DAY - 1)
    assert told["visits_30d_delayed_7d"] == (DAY, DAY - 1)
    assert told["visits_lifetime"] == (DAY, 0)
    assert told["visits_lifetime_delayed_30d"] == (DAY, DAY - 1)
    assert [level.size_ms for level in view.levels] == [MINUTE]
    assert view.lifetime  # its tiles are those of a day


def test_types_of_features_are_wide_enough_or_refused(right: Pool) -> None:
    view = right.view("shop.customer")

    assert view.feature("spend_1h").type == Type.parse("decimal(38,2)")
    assert view.feature("units_1h").type == INT
    assert view.feature("most_90d").type == Type.parse("decimal(29,2)")
    assert view.feature("last_paid_30d").type == Type.parse("timestamp")


def test_a_lifetime_alone_has_no_rings(right: Pool) -> None:
    view = right.view("shop.article")

    assert (view.levels, view.kinds) == ((), ("lifetime",))


def test_a_committed_plan_keeps_its_levels_while_they_serve(tmp_path: Path) -> None:
    """A planner that would choose otherwise today must not change what runs."""
    chosen = compiled(tmp_path, '{"n": Count(windows=["1h"])}')
    assert [level.size_ms for level in chosen.levels] == [MINUTE]
    other = msgspec.structs.replace(chosen.levels[0], size_ms=15_000)
    keep = Pool(views=(msgspec.structs.replace(chosen, levels=(other,)),), sets=())

    kept = compiled(tmp_path, '{"n": Count(windows=["1h"])}', keep=keep)
    outgrown = compiled(tmp_path, '{"n": Count(windows=["90d"])}', keep=keep)

    assert [level.size_ms for level in kept.levels] == [15_000]
    assert [level.size_ms for level in outgrown.levels] == [DAY]


def test_windows_of_day_tiles_are_answered_from_a_lifetime_unless_a_committed_plan_has_a_ring(tmp_path: Path) -> None:
    text = '{"n": Count(windows=["30d", LIFETIME])}'
    chosen = compiled(tmp_path, text)
    ring = LevelPlan(size_ms=DAY, slots=34)
    keep = Pool(views=(msgspec.structs.replace(chosen, levels=(ring,)),), sets=())

    assert (chosen.levels, chosen.feature("n_30d").level_ms, chosen.kinds) == ((), DAY, ("lifetime",))
    assert compiled(tmp_path, text, keep=Pool(views=(chosen,), sets=())) == chosen
    assert compiled(tmp_path, text, keep=keep).levels == (ring,)


def test_a_committed_plan_keeps_its_levels_also_where_some_windows_are_answered_from_a_lifetime(tmp_path: Path) -> None:
    text = '{"n": Count(windows=["1h", "30d", LIFETIME])}'
    chosen = compiled(tmp_path, text)
    assert [level.size_ms for level in chosen.levels] == [MINUTE]
    other = msgspec.structs.replace(chosen.levels[0], size_ms=15_000)
    keep = Pool(views=(msgspec.structs.replace(chosen, levels=(other,)),), sets=())

    kept = compiled(tmp_path, text, keep=keep)

    assert [level.size_ms for level in kept.levels] == [15_000]
    assert [kept.feature(f"n_{window}").level_ms for window in ("1h", "30d", "lifetime")] == [15_000, DAY, DAY]


def test_the_tiles_of_an_exact_view_are_those_of_its_fallback(tmp_path: Path) -> None:
    text = '{"n": Count(windows=["1h"])}'
    rough = compiled(tmp_path, text, 'precision="exact", fallback="25%"')

    assert compiled(tmp_path, text, 'precision="exact"').feature("n_1h").level_ms == MINUTE
    assert [level.size_ms for level in rough.levels] == [rough.feature("n_1h").level_ms] == [15 * MINUTE]
    assert rough.feature("n_1h").tail_error_ms == 0


def test_a_new_version_chooses_levels_anew(tmp_path: Path) -> None:
    chosen = compiled(tmp_path, '{"n": Count()}')
    other = msgspec.structs.replace(chosen.levels[0], size_ms=15_000)
    earlier = msgspec.structs.replace(chosen, version=7, levels=(other,))

    assert compiled(tmp_path, '{"n": Count()}', keep=Pool(views=(earlier,), sets=())).levels == chosen.levels


def test_prose_changes_prose_alone_and_meaning_meaning(tmp_path: Path) -> None:
    first = compiled(tmp_path, '{"n": Count()}')
    described = compiled(tmp_path, '{"n": Count(description="Visits.")}', 'description="Who comes."')
    narrowed = compiled(tmp_path, '{"n": Count(where=_.gift)}')

    assert (described.meaning == first.meaning, described.prose == first.prose) == (True, False)
    assert (narrowed.meaning == first.meaning, narrowed.prose == first.prose) == (False, True)


def test_the_doc_of_a_schema_is_no_meaning(tmp_path: Path) -> None:
    root = project(tmp_path / "p", {"features/shop/visitor.py": view_file("visitor", '{"n": Count()}')})
    before = compile_pool(root)
    schema = root / "schemas" / "shop.sale.v1.avsc"
    schema.write_text(schema.read_text().replace("A line of a receipt.", "A line of any receipt."))

    assert compile_pool(root) == before


def test_a_field_that_comes_into_a_record_is_no_meaning_of_views_that_read_its_neighbours(tmp_path: Path) -> None:
    root = project(
        tmp_path / "p",
        {"features/shop/visitor.py": view_file("visitor", '{"n": Count(where=_.billed_to.city == "Oslo")}')},
    )
    (before,) = compile_pool(root).views
    schema = root / "schemas" / "shop.sale.v1.avsc"
    street = '{"name": "street", "type": "string"}, {"name": "city"'
    schema.write_text(schema.read_text().replace('{"name": "city"', street))
    (gained,) = compile_pool(root).views
    schema.write_text(schema.read_text().replace('"city", "type": "string"', '"city", "type": "string", "default": ""'))
    (other,) = compile_pool(root).views

    assert gained.source != before.source
    assert gained.meaning == before.meaning
    assert other.meaning != before.meaning


def test_a_sets_request_has_each_field_once_and_typed(right: Pool) -> None:
    returns = next(plan for plan in right.sets if plan.name == "returns")

    assert returns.request == (Column("buyer_id", STRING), Column("bringer_id", STRING), Column("store_id", INT))
    assert [binding.request_fields for binding in returns.bindings] == [
        ("buyer_id",),
        ("bringer_id",),
        ("bringer_id", "store_id"),
    ]
    assert [feature.flat_name for feature in returns.features][:2] == [
        "buyer__visits_lifetime",
        "bringer__visits_lifetime",
    ]


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_same_pool_compiles_to_the_same_bytes_whatever_the_hash_seed(seed: str) -> None:
    """Hashes of ibis's own operations vary with it; ours are taken from our tree."""
    program = (
        "import sys; from pathlib import Path; from millpond.define.compiler import compile_pool; "
        "from millpond.plan.compiled import files_of; "
        "print(*files_of(compile_pool(Path(sys.argv[1]))).values(), sep='', end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(RIGHT)],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "".join(files_of(load_compiled(RIGHT)).values())
