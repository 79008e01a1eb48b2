/** Who reaches the local AWS. */

import { expect, it, onTestFinished } from 'vitest';
import { startLocalAws } from '../../rehearsal/ecs/server.ts';

it('answers on localhost only', async () => {
  const server = await startLocalAws({ services: {}, blob: () => 'content' });
  onTestFinished(() => server.close());
  const url = `${server.url}/blobs/digest`;
  expect(await (await fetch(url)).text()).toBe('content');
  // Another address of this machine, which reaches a server that listens on every interface.
  await expect(fetch(url.replace('localhost', '127.0.0.2'))).rejects.toThrow('fetch failed');
});
