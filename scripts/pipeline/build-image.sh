#!/usr/bin/env bash
# Makes sure that the registry has the image of this commit, and passes its name and digest to the next steps: `scripts/pipeline/build-image.sh`.
# A job that is repeated finds the image of its first run. The list of what is inside is made by npm from the lockfile within the build
# (/app/sbom.cyclonedx.json). No scanner is installed here, because none runs where there are credentials: the registry scans.
set -euo pipefail
cd "$(dirname "$0")/../.."
built=$(infra/aws-deploy.sh build --json)
of() { node --print "JSON.parse(fs.readFileSync(0)).$1" <<<"$built"; }
printf 'digest=%s\nimage=%s\n' "$(of digest)" "$(of image)" >>"${GITHUB_OUTPUT:-/dev/null}"
