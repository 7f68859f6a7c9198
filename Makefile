# Every word sets up what it needs in .venv by itself.
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)

.PHONY: help demo test check docs slow clean
help:            ## show these words
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/	/'

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The two slowest rungs are left out here; `linnet climb digits` has all of them.
DEMO := majority,least-squares,knn,linear-svm,softmax-regression,two-layer,mlp,fast-cnn

demo: .venv/installed  ## climb the ladder on the built-in digits; ends with a report to open
	$(BIN)/linnet climb digits --rungs $(DEMO)

test: .venv/installed  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile

check: .venv/installed  ## format, lint, types, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/reference.py --check

docs: .venv/installed  ## write the generated pages of docs/reference again
	$(BIN)/python scripts/reference.py

slow: .venv/installed  ## run the slow tests too
	$(BIN)/python -m pytest -m ''

clean:           ## remove what can be made again
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
