/**
 * Stand-ins for the two tools that the jobs call but tests do not run. Each writes its command line
 * to the file `asked`.
 */

/**
 * npm: `npm ci --prefix infra` would remove the packages that the tests run on. Any other command
 * is an error.
 */
export const NPM = `#!/usr/bin/env bash
echo "npm $*" >>asked
[ "$*" = 'ci --prefix infra' ] || { echo "npm $* is not run in tests" >&2; exit 1; }
`;

/**
 * Docker: finds an image in the local registry; or pushes one to the local registry, and writes its digest where BuildKit does.
 *
 * @param registry `GET …/TAG` pushes an image, and answers its digest.
 */
export function docker(registry: string): string {
  return `#!/usr/bin/env bash
echo "docker $*" >>asked
if [ "$2" = imagetools ]; then
  exec node --eval "fetch('${registry}/find/\${4##*:}').then(async (answer) => {
    if (answer.ok) process.stdout.write(JSON.stringify({ digest: await answer.text() }));
    else process.exitCode = 1;
  })"
fi
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
