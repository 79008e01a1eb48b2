/** Finds out where the service will listen, and whether it can, before it changes anything. */

import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from './config/config.ts';

/**
 * Listens on each port for a moment. Rejects with a message that names the setting.
 * @returns the one address of HOST to listen on. For further ones, Fastify would start servers that lack our limits.
 */
export async function checkAddresses({ http, observability }: Config): Promise<string> {
  const { address } = await lookup(http.host, { order: 'ipv4first' }).catch((error: unknown) => {
    throw new Error(explain(error, http.host, http.port, 'PORT'), { cause: error });
  });
  const check = async (port: number, variable: string) => {
    const server = createServer().listen(port, address);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new Error(explain(error, http.host, port, variable), { cause: error });
    }
    server.close();
    await once(server, 'close');
  };
  await check(http.port, 'PORT');
  if (observability.metricsPort !== 0) await check(observability.metricsPort, 'METRICS_PORT');
  return address;
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
