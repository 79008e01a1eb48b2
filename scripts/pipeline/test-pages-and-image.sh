#!/usr/bin/env bash
# The page and the documentation in Chromium, and the image in containers: `scripts/pipeline/test-pages-and-image.sh`. Needs Docker and a browser.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci
npm run test:browser
npm run test:container
