/** Starts the service that the generated clients call, on a database in memory. */

import { createApp } from '../../src/app.ts';
import { generateKey } from '../../src/callers/api-key.ts';
import { SCOPES } from '../../src/callers/caller.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';

export const AUTH_MODES = ['api-key', 'none'] as const;

export type AuthMode = (typeof AUTH_MODES)[number];

export interface ServiceUnderTest {
  readonly url: string;
  /** Empty if authentication is off. */
  readonly key: string;
  readonly stop: () => Promise<void>;
}

export async function startService(auth: AuthMode): Promise<ServiceUnderTest> {
  const config = parseConfig({ DATABASE_URL: 'sqlite::memory:', HOST: '127.0.0.1', PORT: '0', AUTH: auth });
  // Nothing is refused for overload, because the builds of the clients keep the machine busy.
  const app = await createApp(config, createLog('error'), () => () => undefined);
  await app.database.start();
  const { text, id, hash } = generateKey();
  const now = Math.floor(Date.now() / 1000);
  const grant = { name: 'generated clients', scopes: SCOPES, createdAt: now, expiresAt: now + 86_400 };
  await app.database.keys.add({ id, hash, ...grant, revokedAt: undefined });
  return { url: await app.listen(), key: auth === 'none' ? '' : text, stop: app.stop };
}
