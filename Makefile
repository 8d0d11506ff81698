# Every command works from a fresh clone: it makes .venv and installs what is missing first, and is quick the second time.

PYTHON ?= python3 python3.13 python3.12 python3.11 python
TORCH_INDEX ?=
LAB_OPTIONS ?=
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin

# A set-up is done once for each place, pyproject.toml and constraints.txt; a change to any of them runs it again.
KEY := $(shell (pwd; cat pyproject.toml constraints.txt) | cksum | cut -d ' ' -f 1)
FULL := $(VENV)/softopt-full-$(KEY)
TABULAR := $(VENV)/softopt-tabular-$(KEY)
CLASS := $(VENV)/softopt-class-$(KEY)
SITE := $(VENV)/softopt-site-$(KEY)
CLUSTER := $(VENV)/softopt-cluster-$(KEY)

PIP := $(BIN)/python -m pip --disable-pip-version-check
# What a saved notebook says of the Python that ran it, beside its outputs, counts and widget state.
RUN_BY := $(addprefix metadata.language_info.,version codemirror_mode file_extension mimetype nbconvert_exporter pygments_lexer)
CLEAN_NOTEBOOKS := $(BIN)/nbstripout --keep-id --extra-keys "$(RUN_BY)" notebooks/[0-9]*.ipynb
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help lab lab-tabular test test-all lint format site picture clean

help:
	@echo "make lab          open the whole course in JupyterLab"
	@echo "make lab-tabular  open it without torch and mujoco: a smaller download"
	@echo "make test         prove that everything works (under 20 minutes, installs apart)"
	@echo "make test-all     the same, with the slow tests"
	@echo "make lint         check style and types; change nothing"
	@echo "make format       put code and notebooks into the house style"
	@echo "make site         run every notebook and build the site that needs no kernel, into _site"
	@echo "make picture      take the picture of the README again"
	@echo "make clean        remove .venv, caches and build outputs; never your notebooks"
	@echo
	@echo "PYTHON=python3.12    the Python (3.11 to 3.13) from which .venv is made"
	@echo "TORCH_INDEX=ADDRESS  the package index from which torch, and nothing else, is taken: for a CPU build"
	@echo "LAB_OPTIONS=OPTIONS  more options for JupyterLab, such as --no-browser or --port=9000"

lab: $(FULL)
	@$(open_lab)

lab-tabular: $(TABULAR)
	@$(open_lab)

test: $(FULL) $(CLASS) $(SITE)
	@echo "Running the tests on $(WORKERS) workers."
	@$(PYTEST) -m "not slow"

test-all: $(FULL) $(CLASS) $(SITE) $(CLUSTER)
	@echo "Running all the tests, the slow ones too, on $(WORKERS) workers."
	@$(PYTEST)

lint: $(FULL)
	@echo "Checking style and types."
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(FULL)
	@echo "Putting code and notebooks into the house style."
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(CLEAN_NOTEBOOKS)

site: $(SITE)
	@$(BIN)/python site/build.py --workers $(WORKERS)

picture: $(FULL)
	@$(BIN)/python -m softopt.experiments.picture

clean:
	@echo "Removing .venv, caches and build outputs."
	@rm -rf $(VENV) build dist _site _artefacts .ci/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find softopt tests notebooks -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# torch alone first (--no-deps): an index of torch builds often lacks what torch needs, which comes with the rest.
$(FULL):
	@$(make_venv)
	@echo "Installing torch $(if $(TORCH_INDEX),from $(TORCH_INDEX),from where your pip looks)."
	@$(PIP) install --no-deps -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	@echo "Installing the rest of the course and its tests (a few minutes the first time)."
	@$(PIP) install -c constraints.txt -e ".[deep,fast,test,bench]"
	@rm -f $(VENV)/softopt-*
	@touch $(FULL) $(TABULAR)
	@echo "Installed in $(VENV)."

# Apart from the rest: nbgrader puts a menu into JupyterLab that a reader has no use for.
$(CLASS): $(FULL)
	@echo "Installing nbgrader, with which the tests mark an assignment."
	@$(PIP) install -c constraints.txt -e ".[class]"
	@touch $(CLASS)

$(SITE): $(FULL)
	@echo "Installing Sphinx and its theme, with which the site is built."
	@$(PIP) install -c constraints.txt -e ".[site]"
	@touch $(SITE)

$(CLUSTER): $(FULL)
	@echo "Installing Ray, with which the slow tests run sweeps on a cluster."
	@$(PIP) install -c constraints.txt -e ".[cluster]"
	@touch $(CLUSTER)

$(TABULAR):
	@$(make_venv)
	@echo "Installing the course without torch and mujoco (a minute or two the first time)."
	@$(PIP) install -c constraints.txt -e .
	@rm -f $(VENV)/softopt-*
	@touch $(TABULAR)
	@echo "Installed in $(VENV)."

define make_venv
if $(PIP) --version >/dev/null 2>&1; then \
	echo "Using the environment in $(VENV)."; \
else \
	for python in $(PYTHON); do \
		if "$$python" -c "import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null; then \
			echo "Making an environment in $(VENV) with $$("$$python" --version)."; \
			exec "$$python" -m venv $(VENV); \
		fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with its venv module found among: $(PYTHON)." >&2; \
	echo "Install one (on Debian and Ubuntu with its python3-venv package), or name yours: make PYTHON=/path/to/python3.12 lab" >&2; \
	exit 1; \
fi
endef

define open_lab
echo "Opening JupyterLab at notebooks/00_start_here.ipynb. Stop it with Ctrl-C, twice."; \
exec $(BIN)/python -m jupyterlab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir="$(CURDIR)" \
	--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_OPTIONS)
endef
