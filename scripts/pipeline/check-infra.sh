#!/usr/bin/env bash
# The platform on AWS and the pipeline, judged without AWS: `scripts/pipeline/check-infra.sh`.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci
npm ci --prefix infra
npm run --silent --prefix infra check
npm test --silent --prefix infra
