/**
 * The process that `npm run fuzz` sends requests to: the service with all features on, but without overload
 * protection, so that every 5xx is a bug. Its first line of output has its URL and a key with all scopes.
 */

import { createApp } from '../../src/app.ts';
import { generateKey } from '../../src/callers/api-key.ts';
import { SCOPES } from '../../src/callers/caller.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';

const config = parseConfig({
  DATABASE_URL: 'sqlite::memory:',
  ...process.env,
  PORT: '0',
  AUTH: 'api-key',
  METRICS: 'emf',
  // High enough never to be exceeded. They turn on the RateLimit header fields.
  RATE_LIMIT_READS: '1000000',
  RATE_LIMIT_WRITES: '1000000',
});
const app = await createApp(config, createLog('info'), () => () => undefined);
await app.database.start();

const { text, id, hash } = generateKey();
const now = Math.floor(Date.now() / 1000);
const grant = { name: `fuzz-${id}`, scopes: SCOPES, createdAt: now, expiresAt: now + 86_400 };
await app.database.keys.add({ id, hash, ...grant, revokedAt: undefined });

const url = await app.listen();
process.stdout.write(`${JSON.stringify({ message: 'listening', url, key: text })}\n`);
process.on('SIGTERM', () => void app.stop().then(() => process.exit(0)));
