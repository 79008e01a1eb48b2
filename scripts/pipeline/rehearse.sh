#!/usr/bin/env bash
# Builds the image of the commit below this one and of this one, and rehearses the release and the rollback between them. Needs Docker, and
# haproxy and wrk, which it installs on Debian and Ubuntu. The report is in infra/rehearsal-report/.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in haproxy wrk; do
  command -v $tool >/dev/null || sudo apt-get install --yes --no-install-recommends $tool
done
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
git archive HEAD^ | tar -x -C "$before"
docker build --tag cars-api:before "$before"
docker build --tag cars-api:after .
infra/aws-deploy.sh rehearse cars-api:before cars-api:after
