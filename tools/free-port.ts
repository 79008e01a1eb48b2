/** A TCP port on 127.0.0.1 that nobody listens on, for a server that must come back on the same one. */

import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, so that none takes it while the server is down. */
const RANGE = { from: 15_000, to: 32_000 };

export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = RANGE.from + Math.floor(Math.random() * (RANGE.to - RANGE.from));
    const listener = createServer();
    try {
      listener.listen(port, '127.0.0.1');
      await once(listener, 'listening');
      return port;
    } catch {
      // Taken: another one.
    } finally {
      listener.close();
    }
  }
}
