/** Starts the service that the generated clients call, on a database of its own. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/** More than fits 32 bits, as in a service that has run for years. */
const LAST_ID = 3_000_000_000;

/** @param folder for the files of the database. */
export async function startService(auth: AuthMode, folder: string): Promise<ServiceUnderTest> {
  const file = join(folder, `${auth}.db`);
  const config = parseConfig({ DATABASE_URL: `sqlite:${file}`, HOST: '127.0.0.1', PORT: '0', AUTH: auth });
  // Nothing is refused for overload, because the builds of the clients keep the machine busy.
  const app = await createApp(config, createLog('error'), () => () => undefined);
  await app.database.start();
  const database = new DatabaseSync(file);
  database.exec(`INSERT INTO sqlite_sequence (name, seq) VALUES ('cars', ${LAST_ID})`);
  database.close();
  const { text, id, hash } = generateKey();
  const now = Math.floor(Date.now() / 1000);
  const grant = { name: 'generated clients', scopes: SCOPES, createdAt: now, expiresAt: now + 86_400 };
  await app.database.keys.add({ id, hash, ...grant, revokedAt: undefined });
  return { url: await app.listen(), key: auth === 'none' ? '' : text, stop: app.stop };
}
