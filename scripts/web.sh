#!/usr/bin/env bash
# Build the console (web/) into build/web, from where the build of the program embeds it. Nothing to
# do when nothing changed. Without Node.js 20 the program is built without the console and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${SKUA_WEB:-build/web}
skip() { echo "web: $1: built without the console" >&2; exit 0; }
command -v node >/dev/null || skip "Node.js is not there"
command -v npm >/dev/null || skip "npm is not there"
[ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] || skip "Node.js $(node --version) is older than 20"

state=$(cat web/package-lock.json web/*.json web/*.ts web/index.html web/src/* web/public/* | sha256sum | cut -d' ' -f1)
[ -f "$out/index.html" ] && [ "$(cat "$out/.state" 2>/dev/null)" = "$state" ] && exit 0
lock=$(sha256sum <web/package-lock.json | cut -d' ' -f1)
if [ "$(cat web/node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    echo "web: fetching what package-lock.json pins" >&2
    (cd web && npm ci --silent --ignore-scripts --no-audit --no-fund) || skip "npm could not fetch"
    echo "$lock" >web/node_modules/.lock
fi
(cd web && npx --no-install tsc --noEmit && npx --no-install vite build --logLevel warn)
echo "$state" >"$out/.state"
