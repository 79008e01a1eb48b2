/**
 * Where the pipeline's jobs release to in tests: a checkout whose `infra/aws-deploy.sh` notes in files what is live, and an address that
 * answers as the live image would. Of the release program only the words and exit codes are here; see it itself in local-aws/.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './workflow.ts';

export interface ReleasePlace {
  /** The checkout. */
  readonly folder: string;
  /** What callers are given. */
  readonly address: string;
  /** For the processes that run there. */
  readonly environment: Readonly<Record<string, string>>;
  /** Tags whose image answers 500. */
  readonly broken: Set<string>;
  /** What is live: the tag. */
  live(): string;
  /** What the tools were asked to do, a line each; asking for the status is not noted. */
  asked(): string[];
  /** A commit in the checkout; gives its id. */
  commit(): string;
  close(): void;
}

const DOOR = `#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
command=$1
[ "$command" = status ] || echo "aws-deploy.sh $*" >>asked
case $command in
  status) echo "{\\"tag\\":\\"$(cat live)\\",\\"digest\\":\\"sha256:$(cat live)\\"}" ;;
  deploy) [ ! -e fails ] || exit "$(cat fails)"; printf %s "$IMAGE_TAG" >live ;;
  rollback) [ ! -e fails-back ] || exit "$(cat fails-back)"; printf %s "$2" >live ;;
esac
`;

const NPM = '#!/usr/bin/env bash\necho "npm $*" >>asked\n';

/** Only the words are noted; the digest is that of the tag. */
const DOCKER = `#!/usr/bin/env bash
echo "docker $*" >>asked
while [ $# -gt 0 ]; do
  case $1 in
    --tag) tag=\${2##*:} ;;
    --metadata-file) echo "{\\"containerimage.digest\\":\\"sha256:$tag\\"}" >"$2" ;;
  esac
  shift
done
`;

/** @param service the address of a running service, which a good image answers as. */
export async function makeReleasePlace(service: string): Promise<ReleasePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-release-'));
  const write = (path: string, content: string) =>
    writeFileSync(join(folder, path), content, { mode: 0o755 });
  for (const part of ['scripts', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  for (const part of ['infra', 'bin']) mkdirSync(join(folder, part));
  write('infra/aws-deploy.sh', DOOR);
  write('bin/npm', NPM);
  write('bin/docker', DOCKER);
  write('live', '');
  write('asked', '');
  const person = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: string[]) =>
    execFileSync('git', [...person, ...args], { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '--quiet');

  const broken = new Set<string>();
  const live = () => readFileSync(join(folder, 'live'), 'utf8');
  const server = createServer(async (request, response) => {
    if (broken.has(live()) && request.url?.startsWith('/cars'))
      return response.writeHead(500).end('out of order');
    const body: Buffer[] = [];
    for await (const part of request) body.push(part);
    const { host, connection, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(service + request.url, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length > 0 && { body: new Uint8Array(Buffer.concat(body)) }),
    });
    const text = await answer.text();
    const { etag } = Object.fromEntries(answer.headers);
    return response.writeHead(answer.status, etag === undefined ? {} : { etag }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    folder,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    environment: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, HOME: folder },
    broken,
    live,
    asked: () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n'),
    commit() {
      git('commit', '--quiet', '--allow-empty', '--message', 'chore: nothing');
      return git('rev-parse', 'HEAD');
    },
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
