#!/usr/bin/env bash
# Takes an environment back to an earlier image, and asks from outside whether that works:
#     ADDRESS=https://cars.example.com scripts/pipeline/roll-back-and-verify.sh staging|production TAG [options of rollback]
# Exit codes: 0 live and working; 22 live, and it does not work; else that of infra/aws-deploy.sh (docs/deploy/aws.md).
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${1:?staging or production}
tag=${2:?the tag to go back to}
shift 2
: "${ADDRESS:?where callers reach it}"

# Another run may hold the lock of the environment (exit code 6).
until infra/aws-deploy.sh rollback "$tag" --environment "$environment" "$@"; do
  code=$?
  [ $code = 6 ] && [ $SECONDS -lt 1200 ] || exit $code
  echo "waiting for the other run, for up to 20 minutes"
  sleep "${LOCK_PAUSE:-30}"
done
node scripts/smoke-test.ts "$ADDRESS" || exit 22
