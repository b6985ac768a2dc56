#!/usr/bin/env bash
# The Python package: its tests and types against the library of build/release, or its wheel.
#   scripts/python.sh test       tests and mypy, in a prefix of their own (build/pyenv)
#   scripts/python.sh wheel      build/wheels/skua-*.whl, which carries the library; tried in an empty prefix
set -euo pipefail
cd "$(dirname "$0")/.."
venv=build/pyenv

environment() {
    [ -x $venv/bin/python ] || python3 -m venv $venv
    local wanted=bindings/python/tests/requirements.txt
    cmp -s $wanted $venv/installed || {
        $venv/bin/pip install --quiet --disable-pip-version-check -r $wanted
        cp $wanted $venv/installed
    }
}

case ${1:-test} in
test)
    environment
    export SKUA_LIBRARY=$PWD/build/release/libskua.so PYTHONPATH=bindings/python/src
    PYTHONDONTWRITEBYTECODE=1 $venv/bin/python -m pytest -q -p no:cacheprovider bindings/python/tests
    MYPYPATH=bindings/python/src $venv/bin/mypy --cache-dir build/pyenv/mypy \
        --config-file bindings/python/pyproject.toml bindings/python/src/skua ;;
wheel)
    environment
    make install PREFIX="$PWD/build/python" >/dev/null
    rm -rf build/wheels build/wheel-trial
    SKUA_INSTALLED=$PWD/build/python $venv/bin/pip wheel --quiet --disable-pip-version-check --no-deps \
        -w build/wheels bindings/python
    rm -rf bindings/python/build bindings/python/src/*.egg-info
    python3 -m venv build/wheel-trial
    build/wheel-trial/bin/pip install --quiet --disable-pip-version-check build/wheels/*.whl
    env -u SKUA_LIBRARY -u PYTHONPATH build/wheel-trial/bin/python -c \
        'import skua; print("wheel of skua", skua.version(), "works")'
    ls -l build/wheels ;;
*) echo "usage: scripts/python.sh [test|wheel]" >&2; exit 2 ;;
esac
