# Every target works on a fresh machine with make and Python 3.11 or newer.
# More words for the command itself go in ARGS: make test ARGS="-k budget"

UV := ./scripts/uv.sh
RUN := $(UV) run --no-sync --
SYNC := $(UV) sync --frozen --quiet
WORKERS ?= 6
# Unit tests start few processes, and each worker must find them all first.
UNIT_WORKERS ?= 3
ARGS ?=
FETCH ?= ./scripts/fetch.sh

# Tests start hundreds of processes, none of which shall compile anew what all of them import.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test quick pythons outside observe agreement conformance check check-deploy deploy containers fetch format bench bench-faults bench-peers bench-claims evidence bench-language figures figures-in-docs help-in-docs site check-site clean install announce

help:  ## Show this list
	@echo "Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

demo: announce  ## Run the club's assistant under every style, no key needed
	@$(SYNC) --inexact --no-default-groups --extra cli --extra agents --extra serve \
		--extra grpc --extra aws --extra standin
	@.venv/bin/batuta demo $(ARGS)

test: install  ## Run every test
	@$(FETCH) || true
	@$(RUN) python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

quick: install  ## Check format, lint, types of what changed and the core's tests, in 30 s
	@./scripts/quick.sh

pythons: install  ## Run the unit tests on the oldest and newest Python of this machine
	@$(RUN) python scripts/pythons.py -n $(UNIT_WORKERS) $(ARGS)

outside: install  ## Run suites that others wrote against the real thing; docs/outside.md says what came
	@$(RUN) python scripts/outside.py

observe: install  ## Start Arize Phoenix from its package, run the demo into it, print its address
	@$(RUN) python scripts/outside_phoenix.py $(ARGS)

agreement: install  ## Compare all accounts of runs, cell by cell, some minutes; writes docs/agreement.md
	@$(RUN) python -m scripts.agreement $(ARGS)

conformance: install  ## Run others' suites and clients on the doors; TCK=<folder> adds A2A's own
	@TCK="$(TCK)" $(RUN) python scripts/conformance.py $(ARGS)

check: install  ## Check format, lint, types, imports, lock, docs and shape
	@./scripts/check.sh $(ARGS)

check-deploy: fetch  ## Check the Terraform, with cfn-lint and checkov; asks nothing of AWS
	@$(RUN) python -m pytest -q tests/deploy $(ARGS)

deploy: install  ## Deploy a style to AWS from nothing: make deploy STYLE=d REGION=eu-west-1; ARGS=--dry-run
	@$(RUN) python -m scripts.deploy $(STYLE) $(if $(REGION),--region "$(REGION)") $(ARGS)

containers: install  ## Start each style's compose file with a container engine, and book a court in it
	@$(RUN) python -m scripts.containers $(ARGS)

fetch: install  ## Fetch what the tests need: PostgreSQL, and 300 MB into uv's cache, once
	@./scripts/fetch.sh

format: install  ## Format the code and mend what lint can mend
	@$(RUN) ruff check --fix-only --quiet .
	@$(RUN) ruff format .

bench: install  ## Measure speed, memory and start-up
	@missed=0; for each in overhead scaling first_token http_load vendors runtimes stores telemetry frameworks playground; do \
		$(RUN) python -m bench.$$each || missed=1; done; exit $$missed

bench-faults: install  ## Attack servers: answers lost, bookings doubled, statements false
	@$(RUN) python -m bench.faults $(ARGS)

bench-peers: install  ## Measure the core beside other frameworks, an hour; ARGS=--quick for less
	@$(RUN) python -m bench.peers $(ARGS)

evidence: install  ## Measure what is asserted of styles and patterns; writes docs/evidence.md
	@$(RUN) python -m bench.evidence $(if $(DATA),--data "$(DATA)") $(ARGS)

bench-claims: install  ## Measure what is claimed of the patterns; DATA=<folder> adds its questions
	@$(RUN) python -m bench.claims $(if $(DATA),--data "$(DATA)") $(ARGS)

bench-language: install  ## Measure the offline language rules: make bench-language DATA=<folder>
	@if [ ! -d "$(DATA)" ]; then \
		echo "Say which folder holds the utterances: make bench-language DATA=<folder>" >&2; exit 2; fi
	@$(RUN) python -m bench.language "$(DATA)" $(ARGS)
	@$(RUN) python -m bench.language_doubt
	@$(RUN) python -m bench.language_sets

figures: install  ## Measure the house: files, code lines, circles, the way of one message
	@$(RUN) python scripts/figures.py

figures-in-docs: install  ## Count and draw the patterns anew, and write that into their pages
	@$(RUN) python -m scripts.pattern_pages $(ARGS)
	@$(RUN) python -m scripts.flow_drawings

pictures: install  ## Take the docs' pictures of the playground, from the real page
	@$(RUN) python -m tests.browser.pictures

help-in-docs: install  ## Write the commands' present help into the docs
	@$(RUN) python -m tests.docs.console

site: fetch  ## Build the site into site/: every page, the reference, and Batuta in the page
	@$(RUN) python -m scripts.site.build $(ARGS)

check-site: fetch  ## Check every page of the site in Chromium: axe, width, errors, requests elsewhere
	@$(RUN) python -m scripts.site.build
	@$(RUN) python -m scripts.site.page_check $(ARGS)

clean:  ## Remove caches and build output; .venv and .tools stay
	@rm -rf dist site bench/out .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . \( -name .venv -o -name .tools -o -name .git \) -prune -o \
		-name __pycache__ -type d -prune -exec rm -rf {} +

install: announce
	@$(SYNC) --all-extras --no-extra strands --no-extra adk

announce:
	@[ -d .venv ] || echo "Setting up .venv (once)"
