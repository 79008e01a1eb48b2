#!/usr/bin/env bash
# Fails with exit code 19 when `setup` would change an environment: code must not be released before the settings that it needs.
#     scripts/pipeline/check-platform.sh staging|production
set -euo pipefail
cd "$(dirname "$0")/../.."
infra/aws-deploy.sh plan --pending --environment "${1:?staging or production}"
