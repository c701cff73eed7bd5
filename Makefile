# Needs Python >= 3.11 with pip, and make. Everything else is installed into .tools and .venv.

UV_VERSION := 0.13.9
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
ARGS :=
PROFILES := demo
COMPOSE = docker compose $(foreach one,$(PROFILES),--profile $(one) $(patsubst %,--env-file %,$(wildcard deploy/compose/$(one).env)))
DATA :=
TESTS := tests --ignore=tests/benchmarks --ignore=tests/faults --ignore=tests/deployment
# Half of the time a test waits for a server or a process: one more than there are processors, at most four.
WORKERS := $(shell n=$$(getconf _NPROCESSORS_ONLN); test $$n -lt 4 && echo $$((n + 1)) || echo 4)
SEED := 1
FOR := 10m

VENV := .venv
BIN := $(VENV)/bin
UV := .tools/bin/uv

# Ten processes that start at once would each compile what they import, the first time or, where writing bytecode is
# switched off, every time: seconds before the first reading.
COMPILE := $(BIN)/python -m compileall -q shared

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV
# uv reads neither pip's settings nor its variables: hand on the certificates that pip would trust.
ifneq ($(or $(SSL_CERT_FILE),$(PIP_CERT),$(REQUESTS_CA_BUNDLE)),)
export SSL_CERT_FILE := $(or $(SSL_CERT_FILE),$(PIP_CERT),$(REQUESTS_CA_BUNDLE))
endif

.DEFAULT_GOAL := help
.PHONY: help run up down test check bench bench-quality sizing faults soak fuzz release schemas docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.runtime ## bus, simulated plant, services and a live table; ARGS="--plain --for 20s" go to gl003 run
	@$(COMPILE)
	@$(BIN)/gl003 run $(ARGS)

up: ## the same in containers; PROFILES="demo observe cluster", PROFILES= PLANT_FILE=./plant.toml for your own plant
	deploy/make-secrets.sh
	$(COMPOSE) up --detach --build --wait

down: ## end the containers; what they stored stays
	$(COMPOSE) down

test: check ## every check, then every test
	@$(COMPILE)
	$(BIN)/pytest -q $(TESTS) -m "not alone" -n $(WORKERS) --dist loadfile || { \
		echo "what failed beside others, once more with the machine to itself:"; \
		$(BIN)/pytest -q $(TESTS) -m "not alone" --last-failed --last-failed-no-failures none; }
	$(BIN)/pytest -q $(TESTS) -m alone

check: $(VENV)/.dev ## lint, format, types, import layers, schemas, lock file, compose file, chart, alerts, dashboards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gl003 schemas --check schemas
	$(UV) lock --check --quiet --python $(BIN)/python
	$(BIN)/pytest -q tests/deployment

bench: $(VENV)/.bench ## benchmarks as a table, and in bench.json
	PYTHONPATH=tests $(BIN)/python -m benchmarks $(ARGS)

bench-quality: $(VENV)/.dev ## detectors on labelled series in the formats of SKAB and NAB; DATA=folder
	@test -n "$(DATA)" || { echo "make bench-quality DATA=folder: the folder with SKAB's or NAB's files" >&2; exit 2; }
	PYTHONPATH=tests $(BIN)/python -m benchmarks.detection "$(DATA)"

faults: $(VENV)/.dev ## everything killed, stopped and cut off while a device is read; SEED="1 2 3", ARGS="--for 60s --bus one"
	$(BIN)/pytest -q tests/faults
	PYTHONPATH=tests $(BIN)/python -m faults --seed $(SEED) $(ARGS)

soak: $(VENV)/.dev ## the same at 5,000 readings a second; FOR=10m
	PYTHONPATH=tests $(BIN)/python -m faults --soak --bus one --seed $(SEED) --for $(FOR) $(ARGS)

fuzz: $(VENV)/.fuzz ## search for bytes that a reader of foreign bytes cannot stand; FOR=60s, SEED=1, ARGS="plant --jobs 2"
	PYTHONPATH=tests $(BIN)/python -m fuzz --for $(FOR) --seed $(firstword $(SEED)) $(ARGS)

sizing: $(VENV)/.dev ## what 1,000, 100,000 and 10 million sensors need, by the figures in bench.json; ARGS="--rate 0.2"
	PYTHONPATH=tests $(BIN)/python -m benchmarks.sizing $(ARGS)

release: $(VENV)/.release ## wheel, sdist and bill of materials in dist/; licences and known advisories of what is locked
	rm -rf dist
	$(UV) build --quiet --out-dir dist
	$(UV) export --quiet --locked --no-dev --no-emit-project --no-hashes --output-file dist/requirements.txt > /dev/null
	$(BIN)/cyclonedx-py requirements dist/requirements.txt --pyproject pyproject.toml --output-reproducible \
		--output-file dist/gl003-integrations.cdx.json
	$(BIN)/python deploy/release/dependencies.py dist/requirements.txt

schemas: $(VENV)/.dev ## write schemas/ anew from the messages
	$(BIN)/gl003 schemas schemas

docs: $(VENV)/.dev ## the documentation as pages, in site/; a link that leads nowhere ends it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean: ## remove everything made here
	rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist site bench.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each set, so that run, test and bench never undo each other: each adds what it needs, removes nothing.
$(VENV)/.dev: pyproject.toml uv.lock .tools/uv-$(UV_VERSION)
	@$(UV) sync --quiet --locked --inexact --compile-bytecode --extra analysis --python "$$(cat .tools/python)"
	@touch $(VENV)/.runtime $@

$(VENV)/.bench: $(VENV)/.dev
	@$(UV) sync --quiet --locked --inexact --compile-bytecode --extra analysis --group bench --python "$$(cat .tools/python)"
	@touch $@

$(VENV)/.fuzz: $(VENV)/.dev
	@$(UV) sync --quiet --locked --inexact --compile-bytecode --extra analysis --group fuzz --python "$$(cat .tools/python)"
	@touch $@

$(VENV)/.release: $(VENV)/.dev
	@$(UV) sync --quiet --locked --inexact --compile-bytecode --extra analysis --group release --python "$$(cat .tools/python)"
	@touch $@

$(VENV)/.runtime: pyproject.toml uv.lock .tools/uv-$(UV_VERSION)
	@$(UV) sync --quiet --locked --no-dev --inexact --compile-bytecode --python "$$(cat .tools/python)"
	@touch $@

# --target needs no venv and no ensurepip, and goes where the system keeps its own packages to itself (PEP 668).
.tools/uv-$(UV_VERSION):
	@rm -rf .tools && mkdir .tools
	@for python in $(PYTHONS); do \
		"$$python" -c 'import pip, sys; assert sys.version_info >= (3, 11); print(sys.executable)' \
			> .tools/python 2> /dev/null && break; \
	done; \
	if [ ! -s .tools/python ]; then \
		echo "make: needs Python >= 3.11 with pip; tried: $(PYTHONS). Name another: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi
	@echo "installing into .tools and $(VENV), with $$(cat .tools/python)"
	@PIP_USER=0 PIP_ROOT_USER_ACTION=ignore "$$(cat .tools/python)" -m pip install -qq --disable-pip-version-check --target .tools uv==$(UV_VERSION)
	@touch $@
