#!/bin/bash
# Grades one submission. Gradescope runs this as root; AUTOGRADER_ROOT is for a trial elsewhere.
set -u
root="${AUTOGRADER_ROOT:-/autograder}"
# The hidden tests, the course key and the results are root's alone: student code runs as another user.
chmod 700 "$root/source" "$root/results" || exit 1
exec "$root/venv/bin/python" -I -m utils.export.gradescope_run "$root"
