#!/usr/bin/env bash
# Brings an image live, asks it from outside whether it works, and rolls it back when it does not:
#     IMAGE_TAG=COMMIT ADDRESS=https://cars.example.com scripts/pipeline/deploy-and-verify.sh staging|production
# DIGEST is the image that must be live then, CARS_API_KEY the key of the smoke test.
# Exit codes: 0 live and working; 20 it did not work and was rolled back; 21 it did not work and could not be rolled back; 22 it was rolled
# back, and the previous image does not work either; else that of infra/aws-deploy.sh (docs/deploy/aws.md).
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${1:?staging or production}
: "${IMAGE_TAG:?the commit whose image is to be live}" "${ADDRESS:?where callers reach it}"

live() { # tag | digest
  local status
  status=$(infra/aws-deploy.sh status --environment "$environment" --json) || return
  node --print "JSON.parse(fs.readFileSync(0)).$1 ?? ''" <<<"$status"
}

before=$(live tag)
# With a key that has expired, a good release would look broken, and be rolled back.
if [ -n "$before" ] && [ -n "${CARS_API_KEY:-}" ]; then
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 --header @- \
    "$ADDRESS/cars?limit=1" <<<"Authorization: Bearer $CARS_API_KEY") || true
  if [ "$status" = 401 ]; then
    echo "the API key of the smoke test has expired or was revoked. Set a new one: step 6 of docs/deploy/pipeline.md" >&2
    exit 5
  fi
fi

# Another run may hold the lock of the environment (exit code 6), and make a newer image live meanwhile.
while :; do
  before=$(live tag)
  # An older run that is approved late would take production back, past the checks of a rollback.
  if [ "$before" != "$IMAGE_TAG" ] && git merge-base --is-ancestor "$IMAGE_TAG" "$before" 2>/dev/null; then
    echo "$before, which is live, is newer than $IMAGE_TAG. To go back on purpose: infra/aws-deploy.sh rollback $IMAGE_TAG" >&2
    exit 5
  fi
  code=0
  infra/aws-deploy.sh deploy --environment "$environment" ${before:+--if-live "$before"} || code=$?
  [ $code = 0 ] && break
  # Another run was faster: look again.
  [ $code = 5 ] && [ "$(live tag)" != "$before" ] && continue
  [ $code = 6 ] && [ $SECONDS -lt 1200 ] || exit $code
  echo "waiting for the other run, for up to 20 minutes"
  sleep "${LOCK_PAUSE:-30}"
done

works() {
  if [ -n "${DIGEST:-}" ] && [ "$(live digest)" != "$DIGEST" ]; then
    echo "what is live is not $DIGEST" >&2
    return 1
  fi
  node scripts/smoke-test.ts "$ADDRESS"
}

if works; then exit 0; fi

if [ -z "$before" ] || [ "$before" = "$IMAGE_TAG" ]; then
  echo "$IMAGE_TAG does not work, and there is nothing before it to go back to" >&2
  exit 21
fi
echo "$IMAGE_TAG does not work: going back to $before" >&2
code=0
scripts/pipeline/roll-back-and-verify.sh "$environment" "$before" --if-live "$IMAGE_TAG" || code=$?
[ $code = 0 ] && exit 20
if [ $code = 22 ]; then
  echo "$before is live again, and does not work either: the images may not be the cause" >&2
  exit 22
fi
now=$(live tag)
if [ "$now" != "$IMAGE_TAG" ]; then
  echo "$now is live: another run has replaced $IMAGE_TAG meanwhile" >&2
  exit 5
fi
exit 21
