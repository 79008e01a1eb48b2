/** `npm run licences`: writes docs/understand/licences.md from the lockfile. With `--check`, only fails when it is out of date. */

import { readFileSync, writeFileSync } from 'node:fs';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
}

const file = new URL('../docs/understand/licences.md', import.meta.url);
const lockfile = new URL('../package-lock.json', import.meta.url);
const { packages }: { packages: Record<string, Locked> } = JSON.parse(readFileSync(lockfile, 'utf8'));
const rows = Object.entries(packages)
  .filter(([path, { dev }]) => path !== '' && dev !== true)
  .map(([path, { version, license }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return `| ${name} | ${version} | ${license ?? 'unknown'} |`;
  });
const current = `# Licences of the dependencies

Generated from package-lock.json by \`npm run licences\`. Dependencies of tests and tools are not listed.

| package | version | licence |
|---|---|---|
${[...new Set(rows)].sort().join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(file, current);
else if (readFileSync(file, 'utf8') !== current) {
  process.stderr.write('docs/understand/licences.md is out of date: run npm run licences\n');
  process.exitCode = 1;
}
