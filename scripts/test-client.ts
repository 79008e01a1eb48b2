/** `npm run test:client`: installs the packed client in an empty project, and uses it on each Node that it supports. */

import { copyFileSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './clients/run.ts';
import { startService } from './clients/service.ts';

const NODES = [20, 22, 24];
const CLIENT = join(import.meta.dirname, '../client');
const CALLER = join(import.meta.dirname, 'clients/callers/cars-api-client.ts');

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cars-api-client-'));
try {
  await installPackage();
  await compileCaller();
  const service = await startService('api-key', folder);
  try {
    const env = { BASE_URL: service.url, API_KEY: service.key };
    for (const node of NODES) {
      const options = ['--yes', `--package=node@${node}`, '--', 'node', 'caller.js', String(node)];
      await run('npx', options, { cwd: folder, env });
      process.stdout.write(`works on Node ${node}\n`);
    }
  } finally {
    await service.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function installPackage(): Promise<void> {
  await run('npm', ['pack', '--pack-destination', folder], { cwd: CLIENT });
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', '--no-audit', '--no-fund', archive], { cwd: folder });
}

/** Checks the declarations of the package, too. */
async function compileCaller(): Promise<void> {
  copyFileSync(CALLER, join(folder, 'caller.ts'));
  const options = [
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--lib',
    'es2022,dom,dom.iterable',
  ];
  const compiler = join(CLIENT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, ...options, '--exactOptionalPropertyTypes', 'caller.ts'], {
    cwd: folder,
  });
}
