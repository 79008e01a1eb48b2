/** The two tools that the releasing jobs call and that are not run in tests. Each notes in `asked` what it was asked to do. */

/**
 * npm. `npm ci --prefix infra` would remove the packages that the tests themselves run on; .ci/run has done it before them.
 * Anything else is an error, so that a step which does more cannot pass unseen.
 */
export const NPM = `#!/usr/bin/env bash
echo "npm $*" >>asked
[ "$*" = 'ci --prefix infra' ] || { echo "npm $* is not run in tests" >&2; exit 1; }
`;

/**
 * Docker, whose build and push need an engine and ECR's registry protocol. The image is put into the local registry, and its digest is
 * written where BuildKit writes it.
 *
 * @param registry `GET …/TAG` puts an image there, and answers its digest.
 */
export function docker(registry: string): string {
  return `#!/usr/bin/env bash
echo "docker $*" >>asked
while [ $# -gt 0 ]; do
  case $1 in
    --tag) tag=\${2##*:} ;;
    --metadata-file) metadata=$2 ;;
  esac
  shift
done
node --eval "fetch('${registry}/$tag').then(async (answer) =>
  fs.writeFileSync('$metadata', JSON.stringify({ 'containerimage.digest': await answer.text() })))"
`;
}
