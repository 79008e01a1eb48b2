#!/usr/bin/env bash
# The code that is live while this one rolls out, on the schema of this one: `BASE=COMMIT scripts/pipeline/test-previous.sh`. Every commit of
# main is released, so that is the commit below this one; without BASE (the first push), the newest tag.
# Where there is nothing to compare with, GitHub shows a warning: it is no proof, and must not stop the first release.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci
# The check itself: does it pass and fail where it must?
npm run --silent test:releases
release=()
case ${BASE:-} in '' | 0000000*) ;; *) release=("$BASE") ;; esac
code=0
npm run --silent test:previous -- "${release[@]}" || code=$?
if [ "$code" = 3 ]; then
  echo "::warning title=Old code on the new schema::was not tried: there is no previous release"
  exit 0
fi
exit "$code"
