# Two commands do all set-up on a machine with Python 3.10 to 3.12 and make:
#   make app     the explorer on the shipped checkpoint
#   make test    lint and the fast tests
#   make web      the runtime of a site without a server (needs npm, once)
#   make licences    the licences of all that is installed with the page
#   make audit    known weaknesses of it (asks an advisory service)
# Settings: make app PYTHON=python3.12 VENV=/somewhere/venv

PYTHON ?= python3
VENV ?= .venv
# The tested torch, installed before everything else. For a CPU-only or another GPU build give
# pip's words for it, as PyTorch's install page spells them: make app TORCH="torch==2.13.0 ..."
TORCH ?= torch==2.13.0
# Extra words for pytest: make test PYTEST="-k sweep"
PYTEST ?=
# The seconds after which a test that hangs is ended, with what each of its threads was doing
TIMEOUT ?= 300
# Extra words for the explorer: make app APP="--port 8000"
APP ?=

# Small models on few cores: more threads only wait for each other.
export OMP_NUM_THREADS ?= 2
export OMP_WAIT_POLICY ?= passive
export GRADIO_ANALYTICS_ENABLED = False
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# pytest's exit code where PYTEST chose no test of this half
NONE_CHOSEN := [ $$? -eq 5 ]

RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet

.PHONY: help app test test-details test-all package lint format bench web licences audit clean

help:
	@sed -n 's/^#   make/make/p' Makefile

app: $(VENV)/.app
	$(RUN) app.py $(APP)

test: $(VENV)/.dev lint
	OMP_NUM_THREADS=1 $(RUN) -m pytest -m "not slow and not timed and not detail" -n 2 --dist loadgroup \
	  --timeout $(TIMEOUT) $(PYTEST) \
	  || $(NONE_CHOSEN)
	$(RUN) -m pytest -m "timed and not slow" --timeout $(TIMEOUT) $(PYTEST) || $(NONE_CHOSEN)

# Particulars of the page in the browser, which CI runs besides.
test-details: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(RUN) -m pytest -m "detail and not slow" --timeout $(TIMEOUT) $(PYTEST) \
	  || $(NONE_CHOSEN)

test-all: $(VENV)/.dev lint
	$(RUN) -m pytest $(PYTEST)

# The wheel in a fresh environment, as `pip install .` leaves it.
package: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(RUN) -m pytest tests/test_packaging.py $(PYTEST)

# mypy knows one module of a name: app.py is checked in the place of the package's empty file.
lint: $(VENV)/.dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy --shadow-file app/__init__.py app.py

format: $(VENV)/.dev
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

licences: $(VENV)/.dev
	$(RUN) -m tests.licences

audit: $(VENV)/.app
	$(PIP) "pip-audit>=2.9,<3"
	$(RUN) -m pip_audit --requirement requirements.txt

bench: $(VENV)/.app
	$(RUN) -m lapa bench --require

# npm brings the package that package-lock.json pins; a page takes what is laid beside its scripts.
web: $(VENV)/.app
	npm ci --ignore-scripts --no-audit --no-fund
	$(RUN) -m lapa.web_export.runtime
	@$(PIP) --editable ".[web]"

clean:
	rm -rf "$(VENV)" .pytest_cache .ruff_cache .mypy_cache build *.egg-info node_modules lapa/web_export/browser/runtime
	find app lapa tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written when its step ended well, so nothing is installed twice; a changed
# requirements file makes its stamp old.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; n = "Python %d.%d" % v; \
	  v < (3, 10) and sys.exit(n + " is too old: 3.10 to 3.12 is needed, as in make PYTHON=python3.12"); \
	  v > (3, 12) and sys.stderr.write(n + " is newer than what is tested (3.10 to 3.12); trying it.\n")'
	@$(PYTHON) -m venv "$(VENV)" || \
	  { echo "Python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.torch: $(VENV)/.python
	@echo "Installing $(TORCH) (once, some minutes) ..."
	@$(PIP) $(TORCH)
	@touch $@

$(VENV)/.app: $(VENV)/.torch requirements.txt
	@echo "Installing requirements.txt ..."
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.txt
	@echo "Installing requirements-dev.txt ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
