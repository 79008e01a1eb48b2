/** Stand-ins for the tools that the program and the jobs call, but tests do not run. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** Puts a shell script in front of a program until the test has ended. @returns its folder. */
export function installProgram(name: string, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-program-'));
  writeFileSync(join(folder, name), `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/**
 * npm: `npm ci --prefix infra` would remove the packages that the tests run on. Any other command
 * is an error.
 */
export const NPM = `#!/usr/bin/env bash
echo "npm $*" >>asked
[ "$*" = 'ci --prefix infra' ] || { echo "npm $* is not run in tests" >&2; exit 1; }
`;

/**
 * Docker: has no builder yet, and accepts every login. A build writes a file, or pushes the image to
 * the test's registry and writes its digest where BuildKit does.
 */
export const DOCKER = `#!/usr/bin/env bash
echo "docker $*" >>asked
case "$1 $2" in
  'buildx inspect') exit 1 ;;
  'buildx build') ;;
  'login --username') echo "password $(cat)" >>asked ;;&
  *) exit 0 ;;
esac
while [ $# -gt 0 ]; do
  case $1 in
    --tag) tag=\${2##*:} ;;
    --metadata-file) metadata=$2 ;;
    --output) touch "\${2##*dest=}" ;;
  esac
  shift
done
[ -n "\${metadata:-}" ] || exit 0
exec node --eval "fetch('$STAND_IN_REGISTRY/$tag', { method: 'PUT' }).then(async (answer) =>
  fs.writeFileSync('$metadata', JSON.stringify({ 'containerimage.digest': await answer.text() })))"
`;
