# Every target sets up what it needs. Nothing is installed outside this folder, but for caches under the user's home.
PYTHON ?= python3
BIN := .venv/bin
TOOLS := .tools
UV := $(TOOLS)/bin/uv
LOCK := requirements/dev.txt
export UV_CACHE_DIR ?= $(HOME)/.cache/uv

.PHONY: help setup demo test bench check lock docs clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## make the virtual environment .venv from the lock

$(TOOLS)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.11 …" >&2; exit 2; }
	@PYTHON=$(PYTHON) scripts/system-packages
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

.venv/.ready: $(LOCK) pyproject.toml | $(TOOLS)/bin/uv
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip install --compile-bytecode --python $(BIN)/python --require-hashes -r $(LOCK)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the main job on the reference campus: exports, graph, failure, picture
	$(BIN)/twin demo

test: setup ## all tests; NEO4J=2026: those of the graph, on that release; JOBS=2: at once
	$(if $(NEO4J),TWIN_NEO4J=$(NEO4J)) $(BIN)/python -m pytest $(if $(NEO4J),-m neo4j) $(if $(JOBS),-n $(JOBS) --dist loadfile)

bench: setup ## benchmarks on the full campus, with ratios to named peers
	$(BIN)/python -m benchmarks

check: setup ## what a change must pass before it is committed, tests apart
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

lock: $(TOOLS)/bin/uv ## renew the locks after a change of pyproject.toml
	$(UV) pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
	  pyproject.toml --extra frames -o requirements/run.txt
	$(UV) pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
	  pyproject.toml --extra frames --extra notebook --group dev -o $(LOCK)
	echo uv | $(UV) pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
	  - -o requirements/uv.txt

docs: setup ## write the pages that come from the declarations
	$(BIN)/python -m schema.reference
	$(BIN)/python -m twin.cli.reference

clean: ## remove what setup made, and the local Neo4j's data
	-test -x $(BIN)/twin && $(BIN)/twin down
	rm -rf .venv $(TOOLS) .twin demo
