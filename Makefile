# One command per need. Each target prepares its own environment (scripts/bootstrap.py); `make help`.
PYTHON ?= $(firstword $(shell command -v python3 python3.12 python3.11) python3)
RUN := .venv/run/bin/python
DEV := .venv/dev/bin/python

export PATH := $(CURDIR)/.venv/tools:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.venv/tools
export APE_DATA_FOLDER := $(CURDIR)/.everloop/ape
export PYTHONUNBUFFERED := 1
# On a busy machine spinning threads slow the embedded model down fifty times.
export OMP_WAIT_POLICY := PASSIVE

.DEFAULT_GOAL := help
.PHONY: help demo test lint format build forge ape-compile ape-test gas eval canary lock \
	formal fuzz invariants coverage slither symbolic env-run env-dev env-analysis clean distclean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

demo: env-run ## Watch an agent run by itself, about a minute once installed; the first time several
	@$(RUN) scripts/build.py --if-changed
	@$(RUN) -m agent_sdk.cli demo $(ARGS)

test: env-dev ## All checks, counted; some: make test ARGS="forge unit e2e ape lint drift"
	@$(DEV) scripts/check.py $(ARGS)

lint: env-dev ## ruff, mypy --strict, forge fmt, artifact drift
	@$(DEV) scripts/check.py lint drift

format: env-dev ## Rewrite Python and Solidity files in the one format
	@$(DEV) -m ruff check --fix -q . ; $(DEV) -m ruff format . ; forge fmt contracts tests/forge tests/redteam tests/symbolic

build: env-dev ## Compile contracts/ into agent_sdk/artifacts/
	@$(DEV) scripts/build.py

forge: env-dev ## Native forge with our configuration: make forge ARGS="test -vvv"
	@forge $(or $(ARGS),test)

ape-compile: env-dev ## Compile contracts/ with Ape
	@.venv/dev/bin/ape compile $(ARGS)

ape-test: env-dev ## Ape tests: make ape-test ARGS="-k step"
	@.venv/dev/bin/ape test tests/ape $(ARGS)

# Analysis: docs/analysis.md. Options: make fuzz ARGS="--runs 100 --seed 7"
ANALYSE := PYTHONPATH=scripts $(DEV) -m analysis
ANALYSE_MORE := PYTHONPATH=scripts .venv/analysis/bin/python -m analysis

fuzz: env-dev ## Every fuzz test 10,000 times with a fresh seed
	@$(ANALYSE).fuzz fuzz $(ARGS)

invariants: env-dev ## Every invariant over 1,000 sequences of 100 calls
	@$(ANALYSE).fuzz invariants $(ARGS)

coverage: env-dev ## Lines and branches of contracts/ that the forge tests run
	@$(ANALYSE).coverage $(ARGS)

slither: env-analysis ## Static analysis of contracts/, each finding triaged
	@$(ANALYSE_MORE).slither $(ARGS)

symbolic: env-analysis ## Prove the checks of tests/symbolic: ARGS="--match Account"
	@$(ANALYSE_MORE).symbolic $(ARGS)

.PHONY: redteam
redteam: env-dev ## Hostile outputs and texts against real agents: ARGS="--match spending --seed 2"
	@PYTHONPATH=scripts $(DEV) -m redteam $(ARGS)

formal: env-dev ## Drive the formal model and the contracts with 10,000 random traces: ARGS="--seed 7"
	@PYTHONPATH=scripts $(DEV) -m formal $(ARGS)

gas: env-dev ## Measure gas per path into benchmarks/gas.json
	@$(DEV) scripts/build.py
	@$(DEV) -m benchmarks.gas $(ARGS)
	@$(DEV) scripts/readme.py $(ARGS)

.PHONY: mutate
mutate: env-dev ## Change the contracts one place at a time; tests must notice: make mutate ARGS="--seed 2"
	@$(DEV) scripts/mutate.py $(ARGS)

.PHONY: mutate-fsm
mutate-fsm: env-dev ## Change the model of FSM Apps; records and properties must notice: ARGS="--sample 200"
	@$(DEV) scripts/mutate_fsm.py $(ARGS)

gas-anatomy: env-dev ## Take a transaction of each path apart by what the EVM charges for
	@$(DEV) -m benchmarks.anatomy $(ARGS)

eval: env-run ## Accuracy of each decision engine on held-out cases
	@$(RUN) -m benchmarks.eval $(ARGS)

canary: env-dev ## Prove that `make test` fails when a test of any runner fails
	@$(DEV) scripts/canary.py $(ARGS)

lock: ## Resolve requirements/*.in and package.json into the hashed pins
	@$(PYTHON) scripts/lock.py

# PREPARED=1 takes the environment as it is: the canary's copy shares that of the tree.
env-run:
	@$(if $(PREPARED),:,$(PYTHON) scripts/bootstrap.py run)

env-dev:
	@$(if $(PREPARED),:,$(PYTHON) scripts/bootstrap.py dev)

env-analysis:
	@$(if $(PREPARED),:,$(PYTHON) scripts/bootstrap.py analysis)

clean: ## Remove build output and runtime state, keep the environments
	rm -rf .build .everloop .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## Remove the environments too
	rm -rf .venv node_modules
