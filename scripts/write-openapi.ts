/** `npm run openapi`: writes openapi.json from the routes' schemas. With `--check`, only fails when it is out of date. */

import { readFileSync, writeFileSync } from 'node:fs';
import { createApp } from '../src/app.ts';
import { parseConfig } from '../src/config/config.ts';
import { createLog } from '../src/observability/log.ts';

const file = new URL('../openapi.json', import.meta.url);
const { server, stop } = await createApp(
  parseConfig({ DATABASE_URL: 'sqlite::memory:' }),
  createLog('silent'),
);
const current = `${JSON.stringify(server.swagger(), null, 2)}\n`;
await stop();

if (!process.argv.includes('--check')) writeFileSync(file, current);
else if (readFileSync(file, 'utf8') !== current) {
  process.stderr.write('openapi.json is out of date: run npm run openapi\n');
  process.exitCode = 1;
}
