# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
BIN := .venv/bin
export ICP_HOME ICP_DATA_DIR
ifdef SOURCES
# as it is: make would take a folder with blanks in its name for several
export ICP_SOURCES := $(SOURCES)
endif
export GX_ANALYTICS_ENABLED := false
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: help run test prove mutate bench dev dashboard lint fix clean install
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

.venv/installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || python3 -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

install: .venv/installed ## Make .venv and install the pinned packages

run: install ## Land, build, check and publish (ICP_HOME=, SOURCES= for your own data)
	@$(BIN)/icp run

test: install ## Fast tests, at most 5 minutes
	@$(BIN)/python -m pytest -m "not prove" -n 2 --dist loadfile --no-loadscope-reorder

prove: install ## Heavy proofs: readers, kills, scale; at most 30 minutes
	@$(BIN)/python -m pytest -m prove -n 2 --dist loadfile --no-loadscope-reorder

mutate: install ## Change the metric models one spot at a time; 95% must be noticed (MODELS=a,b)
	@$(BIN)/python -m tests.mutation $(if $(MODELS),--models $(MODELS),--trust)

bench: install ## Measure speed and memory against a hand-written baseline
	@$(BIN)/python -m tests.bench

dev: install ## Open the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/icp dev

dashboard: install ## Open the dashboard on http://127.0.0.1:8501
	@$(BIN)/streamlit run dashboard/app.py --browser.gatherUsageStats=false --server.headless=true

lint: install ## Check Python and SQL style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@ICP_WAREHOUSE=:memory: ICP_KNOWN_AT="2030-01-31 06:00:00" ICP_AS_OF_DATE=2030-01-31 \
		$(BIN)/sqlfluff lint dbt_project/models

fix: install ## Mend what the linters can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean: ## Remove the environment and all built data, the sample company included
	rm -rf .venv data dbt_project/target dbt_project/logs *.egg-info
