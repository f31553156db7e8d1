# What people and CI run; `make` alone lists it. Set-up happens by itself: every target makes what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
export UV_PYTHON_DOWNLOADS := never

# Candidates in order; the first that runs, is 3.11 or 3.12 and can make environments is taken.
PYTHON ?= python3.12 python3.11 python3

# Stamps carry what they were made from in their names: another requirement, or a moved checkout, is another stamp.
key = $(shell (echo '$(CURDIR)'; cat $(1)) | cksum | tr ' ' -)
PRODUCT := .venv/.made-$(call key,requirements/bootstrap.txt requirements/build.txt requirements/product.txt)
FLINK := .venv-flink/.made-$(call key,requirements/bootstrap.txt requirements/build.txt requirements/flink.txt)
FEAST := .venv-feast/.made-$(call key,requirements/bootstrap.txt requirements/build.txt requirements/feast.txt)
# A wheel is of the package's files, by name and content. Looked at by the one recipe that needs it: it reads them all.
COMPILED = .venv-compiled/.made-$(call key,requirements/product.txt requirements/compile.txt pyproject.toml hatch_build.py \
    <(find millpond -name __pycache__ -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum))

# Interactive shells and terminals know LINES as the window's height: only the command line's counts, and none goes further.
unexport LINES SECONDS RATE STALE SABOTAGE ONLY PURE KILL SEEDS SEED KIND DAMAGE EVENTS INSTANTS REQUESTS CUSTOMERS STORE
given = $(if $(filter command line,$(origin $(1))),--$(2) $($(1)))

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup  ## the whole path on real parts, compared with an independent computation; LINES=200000 SABOTAGE=tile|drop|late|duplicate KILL=broker|…
	@exec .venv/bin/millpond demo $(call given,LINES,lines) $(call given,SABOTAGE,sabotage) $(call given,KILL,kill)

.PHONY: demo-fraud
demo-fraud: setup  ## a simulated bank's transfers, scored live, and a picture of the frauds that are caught; SECONDS=80 CUSTOMERS=1000 SEED=2
	@exec .venv/bin/python -m examples.fraud.demo $(call given,SECONDS,seconds) $(call given,CUSTOMERS,customers) $(call given,SEED,seed)

.PHONY: faults
faults: setup  ## hurts one part after the other, and compares everything; SEEDS=20 KIND=broker,valkey SEED=7 LINES=20000 SECONDS=55 RATE=200 STALE=15 DAMAGE=stale-row
	@exec .venv/bin/python -m tests.faults.main $(call given,SEEDS,seeds) $(call given,KIND,kind) $(call given,SEED,seed) \
	    $(call given,LINES,lines) $(call given,SECONDS,seconds) $(call given,RATE,rate) $(call given,STALE,stale) $(call given,DAMAGE,damage)

.PHONY: serving
serving: setup  ## reads and asks while one part after the other is killed; STORE=one|cluster KIND=broker,enricher SEED=1 RATE=200 SABOTAGE=lost-reply
	@exec .venv/bin/python -m tests.serving.main $(call given,STORE,store) $(call given,KIND,kind) $(call given,SEED,seed) \
	    $(call given,RATE,rate) $(call given,SABOTAGE,sabotage)

.PHONY: test
test: setup  ## all tests, the integration tests on one real stack
	@exec .venv/bin/python -m pytest

.PHONY: unit
unit: $(PRODUCT)  ## the fast tests alone: no Kafka, Flink or store
	@exec .venv/bin/python -m pytest tests/unit

.PHONY: test-compiled
test-compiled: compiled  ## the fast tests of what is compiled, against the compiled wheel
	@PYTHONSAFEPATH=1 exec .venv-compiled/bin/python -m pytest -p tests.compiled tests/unit/algebra tests/unit/serve tests/unit/store

.PHONY: mutants
mutants: $(PRODUCT)  ## makes one mistake after the other in a copy of the source, and fails where no test notices; ONLY="guard lateness"
	@exec .venv/bin/python -m tests.mutants $(ONLY)

.PHONY: differential
differential: setup  ## every aggregation over the whole retail year, compared with hand-written SQL; LINES=100000; writes docs/differential.md
	@exec .venv/bin/python -m tests.differential $(call given,LINES,lines)

.PHONY: payments
payments: setup  ## the payments pool on a simulated bank, compared with hand-written SQL; EVENTS=100000 INSTANTS=10; writes docs/payments.md
	@exec .venv/bin/python -m tests.payments $(call given,EVENTS,events) $(call given,INSTANTS,instants)

.PHONY: own-event
own-event: setup  ## requests that are events of a running job, compared with hand-written SQL; REQUESTS=2000 RATE=150 DAMAGE=reply; writes docs/own-event.md
	@exec .venv/bin/python -m tests.own_event $(call given,REQUESTS,requests) $(call given,RATE,rate) $(call given,DAMAGE,damage)

.PHONY: bench
bench: setup  ## speed and size on the real parts, compared with benchmarks/bars.toml; ONLY="reader flink" PURE=1
	@exec .venv/bin/python -m benchmarks $(ONLY) $(if $(call given,PURE,pure),--pure)

.PHONY: check
check: $(PRODUCT)  ## lint, types, the import law, the pool, the requirements
	@.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/millpond check
	scratch=$$(mktemp -d)
	trap 'rm -rf "$$scratch"' EXIT
	cp requirements/*.txt "$$scratch"
	$(call pin,"$$scratch")
	diff -u requirements "$$scratch" || { echo "error: requirements/ does not follow pyproject.toml: run 'make lock'" >&2; exit 1; }

.PHONY: fix
fix: $(PRODUCT)  ## format, and mend what lint can mend
	@.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

.PHONY: compile
compile: $(PRODUCT)  ## compile the pool into features/<domain>/compiled, and its pages into docs/features
	@exec .venv/bin/millpond compile

.PHONY: lock
lock: $(PRODUCT)  ## pin pyproject's requirements into requirements/; UPGRADE=1 takes the newest versions
	@$(call pin,requirements)

# What else is of the tree (benchmarks, tests, features) is found behind the wheel: millpond is the wheel's, not the tree's.
.PHONY: compiled
compiled: $(PRODUCT)  ## the wheel with the read path compiled by mypyc, in .venv-compiled; takes a C compiler
	@made=$(COMPILED)
	[[ ! -e $$made ]] || exit 0
	.venv/bin/python hatch_build.py
	if ! .venv-compiled/bin/python -c '' 2>/dev/null; then
	    echo "making .venv-compiled"
	    .venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-compiled
	fi
	rm -f .venv-compiled/.made-*
	wheel=$$(mktemp -d)
	trap 'rm -rf "$$wheel"' EXIT
	echo "compiling the read path: half a minute"
	MILLPOND_COMPILED=1 .venv/bin/uv build --quiet --wheel --require-hashes --build-constraints requirements/compile.txt \
	    --python .venv-compiled/bin/python --out-dir "$$wheel" .
	$(INSTALL) --quiet --python .venv-compiled/bin/python requirements/product.txt
	.venv/bin/uv pip install --quiet --no-deps --python .venv-compiled/bin/python "$$wheel"/*.whl
	pwd > "$$(.venv-compiled/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tree.pth"
	touch $$made

.PHONY: feast
feast: $(FEAST)  ## Feast, which the benchmarks measure the Reader beside, in .venv-feast
	@:

.PHONY: setup
setup: $(PRODUCT) $(FLINK)  ## both environments, the Java parts, the compiled job classes
	@.venv/bin/python -m millpond.local.setup

.PHONY: clean
clean:  ## remove what was made in this checkout (downloads stay in the user's cache)
	@for stack in .millpond/*/stack.json; do
	    [[ -e $$stack ]] || continue
	    env=$$(basename "$$(dirname "$$stack")")
	    .venv/bin/millpond down --env "$$env" || echo "warning: the stack of $$env could not be stopped" >&2
	done
	rm -rf .venv .venv-flink .venv-compiled .venv-feast .millpond .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One set of pins for both Pythons and every platform. Pins already there stay, hashes too, unless UPGRADE is given.
define pin
	pin() { .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	    --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) "$$@"; }
	pin --group bootstrap --output-file $(1)/bootstrap.txt
	pin --group build --output-file $(1)/build.txt
	pin pyproject.toml --extra local --extra author --extra tables --group dev --group demo --output-file $(1)/product.txt
	pin pyproject.toml --extra flink --output-file $(1)/flink.txt
	pin --group feast --output-file $(1)/feast.txt
	# What the compiled wheel is built with: its compiler, and the packages whose types it is checked against.
	pin pyproject.toml --extra serve --group build --group compile --constraint requirements/product.txt \
	    --output-file $(1)/compile.txt
	# What images install of the above, and nothing that tests or authors need.
	pin pyproject.toml --extra local --constraint requirements/product.txt --output-file $(1)/local.txt
	pin pyproject.toml --extra stream --extra cli --constraint requirements/product.txt --output-file $(1)/stream.txt
endef

INSTALL = .venv/bin/uv pip sync --require-hashes --build-constraints requirements/build.txt
# Editable and without dependencies: those are the pinned ones.
MILLPOND = .venv/bin/uv pip install --quiet --no-deps --build-constraints requirements/build.txt --editable .

# pip brings uv, uv brings the rest. An environment that works stays in place, for a stack may be running from it.
$(PRODUCT):
	@if ! { grep -qs "$(CURDIR)/.venv$$" .venv/pyvenv.cfg && .venv/bin/python -c '' && .venv/bin/uv --version; } >/dev/null 2>&1; then
	    python= version= bare=
	    for candidate in $(PYTHON); do
	        # A candidate on PATH need not run: pyenv leaves programs for versions that are not selected.
	        version=$$("$$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
	        [[ $$version == 3.11 || $$version == 3.12 ]] || continue
	        if "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then python=$$candidate; break; fi
	        bare=$$version
	    done
	    if [[ -z $$python && -n $$bare ]]; then
	        echo "error: Python $$bare cannot make environments" >&2
	        echo "  mend: apt-get install python$$bare-venv" >&2
	        exit 1
	    elif [[ -z $$python ]]; then
	        echo "error: no Python 3.11 or 3.12 found (tried: $(PYTHON)); Flink's Python package has no wheels for others" >&2
	        echo "  mend: install one (Debian 12: apt-get install python3 python3-venv; elsewhere pyenv or uv bring it)," >&2
	        echo "        or say where one is: make PYTHON=/path/to/python3.12" >&2
	        exit 1
	    fi
	    echo "making .venv with $$("$$python" --version)"
	    rm -rf .venv .venv-flink .venv-compiled .venv-feast
	    "$$python" -m venv .venv
	    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bootstrap.txt
	fi
	rm -f .venv/.made-*
	$(INSTALL) --python .venv/bin/python requirements/bootstrap.txt requirements/product.txt
	$(MILLPOND) --python .venv/bin/python
	touch $@

# Flink's package wants older pandas, pyarrow and protobuf than ours: an environment of its own, as on a cluster.
$(FLINK): | $(PRODUCT)
	@$(call install,.venv-flink,350,requirements/flink.txt)
	$(MILLPOND) --python .venv-flink/bin/python
	touch $@

# Feast pins its own pandas, pyarrow and protobuf, too; of this project it has nothing.
$(FEAST): | $(PRODUCT)
	@$(call install,.venv-feast,150,requirements/feast.txt)
	touch $@

# An environment of its own, with what is pinned for it: folder, MB to download, pins.
define install
	if ! $(1)/bin/python -c '' 2>/dev/null; then
	    echo "making $(1): some $(2) MB to download"
	    .venv/bin/uv venv --quiet --clear --python .venv/bin/python $(1)
	fi
	rm -f $(1)/.made-*
	$(INSTALL) --python $(1)/bin/python $(3)
endef
