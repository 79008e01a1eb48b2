/** The client as a package: its size, and what it depends on. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleClient } from './bundle.ts';

it('is smaller than 10 KB, compressed, with what it depends on', async () => {
  const code = await bundleClient();
  expect(code).toContain('idempotency-key');
  expect(gzipSync(code).length).toBeLessThan(10_000);
});

it('depends on the same version as the programs of the repository that use it', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const { devDependencies } = read('package.json');
  const { dependencies, license } = read('client/package.json');
  expect(dependencies).toEqual({ 'openapi-fetch': devDependencies['openapi-fetch'] });
  const versionOf = (lockfile: string) => read(lockfile).packages['node_modules/openapi-fetch'].version;
  expect(versionOf('client/package-lock.json')).toBe(versionOf('package-lock.json'));
  expect(license).toBe('MIT');
});
