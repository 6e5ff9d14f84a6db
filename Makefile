# Every target works on a machine that has Python 3.11+, make and git.
PYTHON ?= python3
FORGE ?= github
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

.DEFAULT_GOAL := help
.PHONY: help demo test bench lint format serve check-docs schema lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): requirements-dev.txt
	@echo "creating $(VENV) from requirements-dev.txt (hash-locked; a minute or two, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sevengates needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(STAMP)  ## play the main job end to end, with no account (FORGE=gitlab: on GitLab)
	@$(BIN)/python -m bot demo --forge $(FORGE)

test: $(STAMP)  ## run every test
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term

bench: $(STAMP)  ## compare snapshots of COCO's size, beside what others need
	@test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt \
		|| echo "the peers cannot be installed here; they are left out"
	@$(BIN)/python -m bench --peers $(VENV)-bench/bin/python

lint: $(STAMP)  ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check-docs: $(STAMP)  ## links, commands, targets and examples of the papers
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/unit/test_docs.py

format: $(STAMP)  ## let ruff rewrite what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

serve: $(STAMP)  ## run web, worker and database for a real GitHub App
	@$(BIN)/python -m bot serve

schema: $(STAMP)  ## write the JSON Schemas of policy and manifest into schemas/
	@$(BIN)/python -m bot schema --write

lock: $(STAMP)  ## refresh requirements*.txt (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header -q pyproject.toml -o requirements.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header -q pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header -q requirements-bench.in -o requirements-bench.txt

clean:  ## remove the environment and local data
	@rm -rf $(VENV) $(VENV)-bench var
