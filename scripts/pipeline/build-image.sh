#!/usr/bin/env bash
# Builds the image of a commit, pushes it, and says its digest: `REGISTRY=… IMAGE_TAG=… scripts/pipeline/build-image.sh`.
# The tag is the commit, and the registry lets no tag be moved. BuildKit records how it was built (provenance). The list of what is inside is
# made by npm from the lockfile within the build (/app/sbom.cyclonedx.json): no scanner runs where there are credentials.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${REGISTRY:?the host of the registry, as 123456789012.dkr.ecr.eu-central-1.amazonaws.com}"
: "${IMAGE_TAG:?the commit}"
image=$REGISTRY/cars-api:$IMAGE_TAG
metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT

say_digest() {
  echo "digest=$1" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# A job that is repeated finds the image of its first run.
if docker buildx imagetools inspect "$image" --format '{{json .Manifest}}' >"$metadata" 2>/dev/null; then
  digest=$(node --print 'JSON.parse(fs.readFileSync(process.argv[1])).digest' "$metadata")
  echo "$image@$digest is in the registry already"
  say_digest "$digest"
  exit 0
fi

docker buildx build . \
  --platform linux/amd64 \
  --provenance mode=max \
  --build-arg "VERSION=$(node --print 'require("./package.json").version')" \
  --build-arg "REVISION=$IMAGE_TAG" \
  --build-arg "SOURCE=${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}" \
  --tag "$image" \
  --push \
  --metadata-file "$metadata"

digest=$(node --print 'JSON.parse(fs.readFileSync(process.argv[1]))["containerimage.digest"]' "$metadata")
echo "pushed $image@$digest"
say_digest "$digest"
