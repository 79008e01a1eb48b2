/**
 * Serves `/metrics` to Prometheus on a port of its own, so that clients of the API cannot read it.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback, namesThisMachine } from '../config/loopback.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/**
 * What bounds the memory that clients hold by not reading: connections, each with one request, and
 * the milliseconds that one may be idle.
 */
const LIMITS = { connections: 16, idle: 10_000 } as const;

/** Starts listening. Rejects when the port is in use. */
export async function startMetricsServer(
  metrics: Metrics,
  host: string,
  port: number,
): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    const { host: name } = request.headers;
    if (isLoopback(host) && name !== undefined && !namesThisMachine(name)) {
      response.writeHead(421).end();
      return;
    }
    const text = await metrics.render();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  });
  server.maxConnections = LIMITS.connections;
  server.maxRequestsPerSocket = 1;
  server.setTimeout(LIMITS.idle);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
