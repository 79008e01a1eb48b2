#!/usr/bin/env bash
# The README's command: `scripts/pipeline/test-service.sh`. With a major version of Node (`test-service.sh 26`), on the machine's own, which
# must be that, instead of the one that the project pins.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci
if [ $# -gt 0 ]; then
  # npm's scripts take the Node of node_modules before the machine's.
  rm node_modules/.bin/node
  npm exec --call 'node --version' | grep "^v$1\." || { echo "this machine has not Node $1" >&2; exit 2; }
fi
npm test
