# The few verbs there are; everything else is the `course` command (.venv/bin/course --help).
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_NUM_THREADS ?= 1
# Nothing of a course, neither its history nor its settings, goes into the home folder.
export JUPYTER_PLATFORM_DIRS = 1

.PHONY: help setup demo test lab lab-student lint bench clean

help:  ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is needed; say which one to use: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(READY)

setup: $(READY)  ## make .venv with everything that is needed

demo: $(READY)  ## the main job on the sample class: build, collect, grade, feedback, table
	$(BIN)/course demo

test: $(READY)  ## all tests, style and types
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile

lab: $(READY)  ## JupyterLab on the course, with Formgrader, Create Assignment and Validate
	$(BIN)/python -m utils.formgrader.lab

lab-student: $(READY)  ## JupyterLab as a student has it, on the release, in .student (what lies there is kept)
	$(BIN)/python -m utils.build.seat attention .student $(if $(filter 0,$(shell id -u)),--allow-root)

lint: $(READY)  ## style and types only
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)  ## how long building, running, checking and importing take
	$(BIN)/pytest benchmarks -q -p no:xdist

clean:  ## remove what the demo and the tests made; notebooks in submitted/ stay
	rm -rf .cache dist build .pytest_cache .mypy_cache .ruff_cache
	find autograded feedback -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
