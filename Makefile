# make demo    set everything up and open the app on the bundled alanine dipeptide
# make test    set everything up and run every check and test
# make bench   compare with hand-written deeptime scripts, and write docs/performance.md (half an hour, 52 GB of disk for a while)
# make reference  check methods against known results, for minutes
# make images  draw the pictures of the README from the real app, and those of docs/methods.md

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_TEST := $(VENV)/.ready-test

.PHONY: demo test check bench reference images clean browser

demo: $(READY)
	$(BIN)/mdexplore demo $(ARGS)

test: $(READY_TEST) browser
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(ARGS)

check: $(READY_TEST)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY_TEST)
	$(BIN)/python -m benchmarks --write $(ARGS)

reference: $(READY_TEST)
	$(BIN)/python -m benchmarks.reference --write

images: $(READY_TEST) browser
	$(BIN)/python scripts/make_images.py
	$(BIN)/python -m scripts.make_method_images

# Set-up is done again when the pins or the package's own requirements change.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) scripts/check_python.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(READY_TEST): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

browser:
	sh scripts/ensure_chromium.sh

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache test-results
