/** Finds out whether the service can listen, before it changes anything. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from './config/config.ts';

/** Listens on each address for a moment. Rejects with a message that names the setting. */
export async function checkAddresses({ http, observability }: Config): Promise<void> {
  await checkAddress(http.host, http.port, 'PORT');
  if (observability.metricsPort !== 0)
    await checkAddress(http.host, observability.metricsPort, 'METRICS_PORT');
}

async function checkAddress(host: string, port: number, variable: string): Promise<void> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(explain(error, host, port, variable), { cause: error });
  }
  server.close();
  await once(server, 'close');
}

function explain(error: unknown, host: string, port: number, variable: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const at = JSON.stringify(host);
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${at} is in use: stop the process that uses it, or set ${variable}`;
    case 'EACCES':
      return `this user must not listen on port ${port}: set ${variable} to 1024 or higher`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return `HOST ${at} is not an address of this machine (${code})`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${at} is not a name that this machine knows (${code})`;
    default:
      return `cannot listen on HOST ${at}, ${variable} ${port}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
