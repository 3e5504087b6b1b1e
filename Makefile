# One command to every report.  `make help` lists the targets.  Works with GNU make 3.81 (macOS) and later.
#
# The environment lives in .venv. A stamp's name holds a checksum of everything it depends on (this folder,
# the Python, the locks, pyproject.toml), so what changed is found by content, whatever git did to the times.
# Stamps are written last: an install that was interrupted has none, and is built again from nothing.

.DEFAULT_GOAL := report
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
.PHONY: report test lab check validation bench lock clean help

PYTHON      ?= python3
TEST_JOBS   ?= 3
PYTEST_ARGS ?=
REPORT_ARGS ?=
LOCK_ARGS   ?=

# A Python that is already there (another venv, ROS, a module system) must not shine through.
unexport PYTHONPATH
unexport PYTHONHOME

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

# Three checksums, each of all that comes before it: run lock; + pyproject; + dev lock.
SUMS := $(shell sum() { { pwd -P; "$(PYTHON)" -V; cat "$$@"; } 2>&1 | cksum | cut -d' ' -f1; }; \
  sum requirements.lock; \
  sum requirements.lock pyproject.toml; \
  sum requirements.lock pyproject.toml requirements-dev.lock)
WHOLE := .venv/.whole-$(word 1,$(SUMS))
READY := .venv/.ready-$(word 2,$(SUMS))
DEV   := .venv/.dev-$(word 3,$(SUMS))

# $(call install,LOCK,WHAT,STAMPS): what an earlier, finished install of the same lock left is kept.
define install
@$(PREFLIGHT)
@echo "Installing $(2) into .venv; once, a minute or two."
@test -e $(WHOLE) || "$(PYTHON)" -m venv --clear .venv
@rm -f .venv/.whole-* .venv/.ready-* .venv/.dev-*
@$(PIP) install --only-binary :all: --require-hashes -r $(1)
@$(PIP) install --no-deps --no-build-isolation -e .
@touch $(WHOLE) $(3)
endef

# Says everything that is missing at once, and how to get it.
define PREFLIGHT
bad=0; \
say() { bad=2; printf 'make: %s\n' "$$@" >&2; }; \
command -v git >/dev/null 2>&1 || say "git is not installed." \
  "  Debian, Ubuntu: sudo apt-get install git" "  macOS: xcode-select --install"; \
if ! command -v "$(PYTHON)" >/dev/null 2>&1; then \
  say "$(PYTHON) is not installed; Python 3.11 or newer is needed." \
    "  Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv" \
    "  macOS: brew install python" "  under another name: make PYTHON=python3.12"; \
elif ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
  say "$(PYTHON) is $$("$(PYTHON)" -V 2>&1); Python 3.11 or newer is needed." \
    "  Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv" \
    "  macOS: brew install python" "  under another name: make PYTHON=python3.12"; \
elif ! "$(PYTHON)" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
  say "$(PYTHON) has no venv module (venv and ensurepip)." \
    "  Debian, Ubuntu: sudo apt-get install python3-venv" "  macOS: brew install python"; \
fi; \
exit $$bad
endef

report: $(READY) ## install what is missing, then build every report that is out of date into outputs/
	@$(BIN)/equity demo
	@$(BIN)/equity run $(REPORT_ARGS)

test: $(DEV) ## all tests; PYTEST_ARGS="-k money" for some, EQUITY_NETWORK_TESTS=1 for those that need a package index
	@$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadgroup --no-loadscope-reorder $(PYTEST_ARGS)

lab: $(READY) ## JupyterLab on the notebooks; outputs are stripped when you save
	@$(BIN)/equity lab

check: $(DEV) ## style and types: ruff (notebooks too) and mypy --strict
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict equity_lib

validation: $(DEV) ## published studies made again by this library, figure by figure, into outputs/methods_validation/
	@$(BIN)/equity validation

bench: $(DEV) ## the measured claims of the README that take minutes: each bench/*.py with a --quick option
	@found=0; failed=0; \
	for script in bench/*.py; do \
	  grep -q -e --quick "$$script" 2>/dev/null || continue; \
	  found=1; echo "== $$script --quick"; $(BIN)/python "$$script" --quick || { failed=1; echo "== $$script failed"; }; \
	done; \
	test $$found = 1 || echo "No script in bench/ has a --quick option yet."; \
	for script in bench/*.py bench/*.sh; do \
	  test ! -e "$$script" || grep -q -e --quick "$$script" || echo "Not run, longer: $$script"; \
	done; \
	exit $$failed

lock: $(DEV) ## resolve both locks anew from pyproject.toml; LOCK_ARGS=--upgrade takes newer versions
	@$(LOCK) --extra build -o requirements.lock pyproject.toml
	@$(LOCK) --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	@echo "Locked. Run 'make check test', then commit requirements.lock and requirements-dev.lock together."

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(LOCK_ARGS)

clean: ## remove outputs/ and caches; .venv and data/ stay
	@rm -rf outputs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name .venv -prune -o -name data -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed outputs/ and caches. Kept: .venv (rm -rf .venv removes it) and data/."

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

$(READY):
	$(call install,requirements.lock,the locked packages,$(READY))

$(DEV):
	$(call install,requirements-dev.lock,the locked packages and the development tools,$(READY) $(DEV))
