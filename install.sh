#!/bin/sh
# Make the virtual environment $1 and install dlstart in it with the extras $2.
# Without an NVIDIA driver torch comes as the CPU build, so that nobody downloads gigabytes of CUDA for nothing.
set -eu

venv=$1
extras=$2
python=${PYTHON:-python3}
cpu_wheels=https://download.pytorch.org/whl/cpu

fail() {
    printf 'dlstart: %s\n' "$*" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "there is no $python; install Python 3.11 or newer, or set PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old; install Python 3.11 or newer, or set PYTHON=…"
free_mb=$(df -Pm . | awk 'NR == 2 {print $4}')
[ "$free_mb" -ge 3000 ] || [ -x "$venv/bin/dlstart" ] ||
    fail "only $free_mb MB are free here; make room for 3000 MB"

echo "dlstart: installing into $venv; the first time takes some minutes"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv" ||
    fail "the virtual environment can't be made; install python3-venv"

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check "$@"
}

has_torch() {
    "$venv/bin/python" -c 'import importlib.util as u; raise SystemExit(u.find_spec("torch") is None)'
}

has_nvidia_driver() {
    "$venv/bin/python" -c 'import ctypes; ctypes.CDLL("libcuda.so.1")' 2>/dev/null
}

torch=$(grep '^torch==' constraints.txt)
if ! has_torch && ! has_nvidia_driver; then
    # One try without retries: where that index can't be reached, the next line must follow at once.
    pip install -q --retries 0 --timeout 5 --index-url "$cpu_wheels" "$torch" 2>/dev/null ||
        pip install -q "$torch" ||
        fail "torch can't be installed; the lines above say why"
fi
pip install -q -c constraints.txt -e ".[$extras]" || fail "the packages can't be installed; the lines above say why"
echo "dlstart: installed. \`make run\` serves the page; $venv/bin/dlstart ask \"how do I start?\" answers here"
