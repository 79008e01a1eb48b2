#!/usr/bin/env bash
# Says which variables and secrets of GitHub are missing, so that the steps after it can be skipped:
#     scripts/pipeline/say-what-is-missing.sh repository|staging|production [--fail]
# Sets the output `complete` to yes or no. With --fail it exits with 1 if something is missing, for jobs that somebody has started by hand.
set -euo pipefail
where=${1:?repository, staging or production}
case $where in
  repository) names=(AWS_REGION BUILD_ROLE_ARN PLAN_ROLE_ARN) of='the repository' ;;
  *) names=(AWS_REGION DEPLOY_ROLE_ARN ADDRESS CARS_API_KEY) of="the environment $where" ;;
esac
missing=()
for name in "${names[@]}"; do
  [ -n "${!name:-}" ] || missing+=("$name")
done
if [ ${#missing[@]} = 0 ]; then
  echo complete=yes >>"${GITHUB_OUTPUT:-/dev/null}"
  exit 0
fi
text="Nothing is released, because $of has no ${missing[*]} on GitHub. To set it up: docs/deploy/pipeline.md"
if [ "${2:-}" = --fail ]; then
  echo "::error::$text"
  exit 1
fi
echo complete=no >>"${GITHUB_OUTPUT:-/dev/null}"
echo "::notice::$text"
echo "$text" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
