#!/usr/bin/env bash
# Says why nothing is released: the repository does not know an AWS account yet. `scripts/pipeline/say-what-is-missing.sh`.
set -euo pipefail
text='Nothing is released, because the variable BUILD_ROLE_ARN of this repository is not set. To set up AWS: docs/deploy/pipeline.md'
echo "::notice::$text"
echo "$text" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
