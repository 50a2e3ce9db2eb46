# Two commands on a fresh machine: `make serve` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
AZURE_CLI := $(VENV)-azure-cli
METADATA ?= ../shared/metadata
DOCUMENTED ?= ../shared/conformance/graphdocs
PACKAGING := setup.cfg pyproject.toml
SMOKE := tests/test_plugin.py tests/test_plugin_reports.py tests/test_as_a_user.py tests/test_imports.py \
    tests/test_settings.py tests/upgrade tests/store/test_former.py tests/store/test_threads.py \
    tests/store/test_contract_rows.py tests/serving/test_concurrency.py tests/serving/test_in_process.py
AT_ONCE := --numprocesses=2 --dist=worksteal

.DEFAULT_GOAL := help
.PHONY: help serve test test-matrix test-smoke test-postgres test-clients screenshots sweep replay image-test crash-test bench growth picture model lint docs prose format wheel sbom clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

serve: $(VENV)/.serve ## serve the built-in fixture on http://127.0.0.1:8365
	$(BIN)/fakegraph serve

test: $(VENV)/.test ## run every test that needs nothing but Python; COVERAGE=1 measures what they reach, a third slower
ifdef COVERAGE
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(AT_ONCE) $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
else
	$(BIN)/python -m pytest $(AT_ONCE) $(PYTEST_ARGS)
endif

# The promises of every kind of store.
STORE_CONTRACT := $(wildcard tests/store/test_contract_*.py) $(addprefix tests/store/test_,\
	container.py crash.py each_index.py machine.py threads.py threads_together.py tinydb.py)

test-postgres: $(VENV)/.test $(VENV)/.postgres ## run the tests that need PostgreSQL; installs Debian's, which wants root
	.ci/postgres
	$(BIN)/python -m pytest $(AT_ONCE) tests/postgres $(PYTEST_ARGS)
	$(BIN)/python -m pytest $(AT_ONCE) -p tests.postgres.behind tests/graph $(PYTEST_ARGS)
	STORE_POSTGRES=1 $(BIN)/python -m pytest $(AT_ONCE) $(STORE_CONTRACT) $(PYTEST_ARGS)

test-clients: $(VENV)/.clients $(VENV)/.release $(AZURE_CLI)/.installed tests/clients/node_modules/.installed ## drive a served fakegraph with real Graph clients
	AZURE_CLI=$(AZURE_CLI) $(BIN)/python -m pytest tests/clients $(PYTEST_ARGS)

sweep: $(VENV)/.test ## make, query, change and delete one of every type, and ask every permitted path; three minutes
	SWEEP=1 $(BIN)/python -m pytest $(AT_ONCE) tests/sweep $(PYTEST_ARGS)

replay: $(VENV)/.test ## replay documented requests, of which $(DOCUMENTED) has many, and print the score
	$(BIN)/python -m tests.replay.gate $(DOCUMENTED)

screenshots: $(VENV)/.clients tests/clients/node_modules/.installed ## take the pictures of the inspector for the README again
	SCREENSHOTS=$(CURDIR)/docs/pictures $(BIN)/python -m pytest tests/clients/test_inspector.py -k pictures

image-test: ## build the container image and run it, without a container engine; wants Debian and root
	.ci/image-test

crash-test: $(VENV)/.test $(VENV)/.clients $(VENV)/.postgres ## kill stores two hundred times, servers eighty times and uploads two hundred times, servers that share a database for a minute, follow what changes, damage their files, let threads write for 30 s, send bodies of every type and much that is none
	CRASH_ROUNDS=50 UPLOAD_KILLS=200 STORE_KILLS=200 MACHINE_EXAMPLES=1000 DELTA_KILLS=30 HTTP_EXAMPLES=100 STRESS_SECONDS=30 DAMAGE=20000 BODIES=10 FUZZ_EXAMPLES=300 \
	ONSLAUGHT_INPUTS=200000 ONSLAUGHT_CLIENTS=1500 NOTIFIED_CHANGES=5000 STARTS=200 $(BIN)/python -m pytest \
	    tests/test_crash.py tests/test_crash_uploads.py tests/store/test_crash.py tests/store/test_machine.py tests/store/test_threads.py tests/store/test_threads_together.py \
	    tests/store/test_damage.py tests/identity/test_keys.py tests/edm/test_bodies.py tests/graph/test_fuzz.py tests/graph/whole/test_machine.py tests/graph/whole/test_delta_followed.py \
	    tests/serving/test_fuzz.py tests/serving/test_onslaught.py tests/serving/test_first_requests.py tests/changes/test_kills.py
	SWEEP=1 DRAWN_EXAMPLES=10 $(BIN)/python -m pytest $(AT_ONCE) tests/sweep/test_drawn.py
	.ci/postgres
	REPLICA_SECONDS=60 $(BIN)/python -m pytest tests/postgres/test_kills.py
	WHOLE_SURFACE=1 $(BIN)/python -m pytest tests/clients/test_schemathesis.py

bench: $(VENV)/.bench $(VENV)/.postgres benchmarks/node_modules/.installed ## measure beside other fakes; three quarters of an hour, wants wrk
	$(BIN)/python benchmarks/rungs.py
	$(BIN)/python benchmarks/mixed.py
	$(BIN)/python benchmarks/flame.py
	$(BIN)/python benchmarks/weights.py
	$(BIN)/python benchmarks/misses.py
	$(BIN)/python benchmarks/beside.py
	$(BIN)/python benchmarks/run.py $(BENCH)
	$(BIN)/python benchmarks/company.py
	$(BIN)/python benchmarks/mailbox.py
	$(BIN)/python benchmarks/calendars.py
	$(BIN)/python benchmarks/inspector.py
	$(BIN)/python benchmarks/notifications.py
	$(BIN)/python benchmarks/proxy.py
	$(BIN)/python benchmarks/files.py
	$(BIN)/python benchmarks/model.py
	$(BIN)/python benchmarks/walk.py
	$(BIN)/python benchmarks/whole.py $(METADATA)/v1.0.csdl
	$(BIN)/python benchmarks/directory.py
	$(BIN)/python benchmarks/store.py $(filter --quick,$(BENCH))
	.ci/postgres
	$(BIN)/python benchmarks/replicas.py
	$(BIN)/python benchmarks/replicas.py --workers
	$(BIN)/python benchmarks/postgres.py $(filter --quick,$(BENCH))

growth: $(VENV)/.serve ## count what the mixed profile takes, beside the commit before
	$(BIN)/python benchmarks/growth.py $(GROWTH)

picture: $(VENV)/.serve ## draw again, for the docs, where the time of the mixed profile goes
	$(BIN)/python benchmarks/flame.py --seconds 60 --picture docs/pictures/flame.svg

model: $(VENV)/.clients ## make the built-in models again from the metadata that is published, and from the SDKs
	$(BIN)/python -m tools.make_model $(METADATA) fakegraph/edm/builtin/v1.0.model
	$(BIN)/python -m tools.make_beta $(METADATA) fakegraph/edm/builtin/beta.model

test-matrix: ## run the smoke tests with each Python that this machine has, from 3.11 on; PYTHONS="…" names them
	.ci/test-matrix $(PYTHONS)

test-smoke: $(VENV)/.test ## run a minute of tests that tell whether a Python, or a machine, will do
	$(BIN)/python -m pytest $(AT_ONCE) $(SMOKE) $(PYTEST_ARGS)

lint: $(VENV)/.lint ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.docs ## build the site of the documentation into site/, strictly, and follow its links
	PYTHONPATH=$(CURDIR) NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --clean --quiet
	$(BIN)/linkchecker --config=tools/prose/linkcheckerrc --no-status site/index.html

prose: tools/prose/node_modules/.installed ## hold the words of the documentation to their style, tools/prose/.textlintrc.json
	cd tools/prose && npx textlint ../../README.md '../../docs/**/*.md'

format: $(VENV)/.lint ## put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/.release ## build dist/*.whl and dist/*.tar.gz of what git tracks, the same bytes each time
	$(BIN)/python -m tools.release --no-sbom dist

sbom: $(VENV)/.release ## write dist/*.cdx.json, the bill of materials of the wheel, as CycloneDX
	$(BIN)/python -m tools.release --sbom dist

clean: ## remove everything that these commands made
	rm -rf $(VENV) $(AZURE_CLI) .cache build dist site .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    fakegraph.egg-info tests/clients/node_modules benchmarks/node_modules tools/prose/node_modules
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: $(VENV)/bin/python $(PACKAGING)
	$(BIN)/pip install --quiet --editable .
	@touch $@

# One rule for each set of extras: `make test` installs [test], and so on.
$(VENV)/.test $(VENV)/.lint $(VENV)/.docs $(VENV)/.release $(VENV)/.clients $(VENV)/.postgres $(VENV)/.bench: $(VENV)/.%: $(VENV)/bin/python $(PACKAGING)
	$(BIN)/pip install --quiet --editable .[$*]
	@touch $@

# The Azure command line pins what others want newer, so it has an environment of its own.
$(AZURE_CLI)/.installed: tests/clients/azure-cli.txt
	$(PYTHON) -m venv $(AZURE_CLI)
	$(AZURE_CLI)/bin/pip install --quiet --requirement $<
	@touch $@

%/node_modules/.installed: %/package.json
	npm install --prefix $* --no-audit --no-fund --no-package-lock
	@touch $@
