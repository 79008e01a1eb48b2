/** Starts moto, an emulator of AWS: https://docs.getmoto.org/ */

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../../tools/free-port.ts';
import { REGION } from '../../rehearsal/ecs/local-platform.ts';
import { pythonTool } from './python.ts';

export interface Moto {
  readonly url: string;
  /** For clients of the SDK that talk to moto directly. */
  readonly client: MotoClient;
  stop(): void;
}

export interface MotoClient {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** @param settings environment variables, as moto documents them. */
export async function startMoto(settings: Readonly<Record<string, string>> = {}): Promise<Moto> {
  const port = await findFreePort();
  const child = spawn(pythonTool('moto_server'), ['--port', String(port)], {
    env: { ...process.env, ...settings },
    stdio: 'ignore',
  });
  const url = `http://localhost:${port}`;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) break;
    if (await fetch(url).catch(() => undefined)) {
      const client = {
        endpoint: url,
        region: REGION,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      };
      return { url, client, stop: () => void child.kill('SIGKILL') };
    }
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error('moto did not start');
}
