PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOME_  ?= .respite
EXTRAS ?= dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format lock clean bench-features bench-explain bench-quality bench-score bench-portal bench-reports bench-serve bench-endure bench-effects bench-uplift bench-retraining

help:            ## say what can be done here
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(VENV)/.ready  ## create .venv with the exact versions of requirements.lock

$(VENV)/.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Respite needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[$(EXTRAS)]'
	@touch $@

demo: setup      ## the whole road on a simulated centre, then where to look
	$(BIN)/respite demo --home $(HOME_)

test: setup      ## every test
	$(BIN)/python -m pytest

check: setup     ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup    ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-features: setup  ## the speed and memory of the feature pipeline, as ratios in one run
	$(BIN)/python -m benchmarks.features

bench-explain: setup   ## the speed and memory of explanations beside LightGBM's and shap's
	$(BIN)/python -m benchmarks.explain

bench-serve: setup     ## the service over 100,000 scored agents beside a bare endpoint of the same service
	$(BIN)/python -m benchmarks.serve

bench-effects: setup   ## how often intervals of effects hold the truth
	$(BIN)/python -m benchmarks.effects

bench-uplift: setup    ## how often an order by expected benefit is said to be better than one by risk
	$(BIN)/python -m benchmarks.uplift

bench-retraining: setup ## what scores say after three retrainings with outreach, by how labels are treated
	$(BIN)/python -m benchmarks.retraining

bench-endure: setup    ## ten minutes of load while workers are killed and the database is restarted
	$(BIN)/python -m benchmarks.endure

bench-portal: setup    ## pages of the portal over 10,000 agents in 500 teams
	$(BIN)/python -m benchmarks.portal

bench-reports: setup   ## pages over 10,000 agents in 500 teams
	$(BIN)/python -m benchmarks.reports

bench-score: setup     ## the speed and memory of the nightly batch for 100,000 agents
	$(BIN)/python -m benchmarks.score

bench-quality: setup  ## quality on tables of people beside what one would try first (installs those), and on a known truth
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[peers]'
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.known_truth

lock:            ## renew requirements.lock from pyproject.toml (resolves in a fresh environment)
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet -e '.[dev,spark,postgres,peers,pdf]'
	.venv-lock/bin/python -m pip freeze --exclude-editable > requirements.lock
	rm -rf .venv-lock

clean:           ## remove the environment and everything Respite wrote here
	rm -rf $(VENV) $(HOME_) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
