#!/usr/bin/env bash
# Sets up the platform on AWS and releases to it, for people and for the pipeline: `infra/aws-deploy.sh help`.
# Checks for Node.js, installs the program's dependencies, and runs infra/program/cli/main.ts.
set -euo pipefail
infra=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

# As in program/core/exit-codes.ts.
tool_missing=10

fail() { # what is wrong, what to do
  printf '%s\n→ %s\n' "$1" "$2" >&2
  exit $tool_missing
}

for tool in node npm; do
  command -v $tool >/dev/null || fail "$tool is not installed" "Install Node.js 24: https://nodejs.org/"
done
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$major" -ge 20 ] || fail "Node.js $(node --version) is too old" "Install Node.js 24: https://nodejs.org/"

# npm ci again if an earlier one did not finish, or the lock file is newer.
installed=$infra/node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ "$infra/package-lock.json" -nt "$installed" ]; then
  npm ci --prefix "$infra" --no-audit --no-fund >&2 ||
    fail "the program's dependencies could not be installed" "See npm's message above. It needs the npm registry."
fi

# The AWS command line reads AWS_DEFAULT_REGION, the SDK only AWS_REGION.
if [ -z "${AWS_REGION:-}" ] && [ -n "${AWS_DEFAULT_REGION:-}" ]; then
  export AWS_REGION=$AWS_DEFAULT_REGION
fi

# With its compiled code kept on disk, Node starts a command in two thirds of the time.
export NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$infra/node_modules/.cache/node}

exec "$infra/node_modules/.bin/node" "$infra/program/cli/main.ts" "$@"
