#!/bin/bash
# Prepares the machine for run_autograder, once. Gradescope runs this as root when it builds the image.
set -eu
root="${AUTOGRADER_ROOT:-/autograder}"

if [ ! -x "$root/venv/bin/python" ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y libseccomp2 bubblewrap
    # 3.11 is what the course is tested with. Ubuntu 22.04 offers it beside its own 3.10; later ones have newer ones.
    apt-get install -y python3.11 python3.11-venv || apt-get install -y python3 python3-venv
    python="$(command -v python3.11 || command -v python3)"
    "$python" -m venv "$root/venv"
    "$root/venv/bin/python" -m pip install --no-cache-dir -r "$root/source/requirements.txt"
fi

# The grader lies in source/ and nowhere else; nothing of it may lie where a box can read.
site="$("$root/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
echo "$root/source/code" > "$site/course.pth"
chmod 700 "$root/source"
"$root/venv/bin/python" -I -m utils.export.gradescope_run "$root" --look
