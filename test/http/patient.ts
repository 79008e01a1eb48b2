/** A caller who asks again when the service says that it is asked too much, as it may on a machine that tests keep busy. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import type { Body } from './client.ts';
import type { RunningApp } from './start-app.ts';

type HeaderFields = Readonly<Record<string, string>>;

/** For tests about who is let in, which is decided behind admission. An answer to HEAD does not say why it is 503. */
export function patient(app: RunningApp): RunningApp {
  async function call(method: string, path: string, headers?: HeaderFields, body?: Body): Promise<Answer> {
    for (;;) {
      const answer = await app.call(method, path, headers, body);
      const isOverload = method === 'HEAD' || answer.body.includes('More is asked of the service');
      if (answer.status !== 503 || !isOverload) return answer;
      await sleep(20);
    }
  }
  return {
    ...app,
    call,
    get: (path, headers) => call('GET', path, headers),
    head: (path, headers) => call('HEAD', path, headers),
    delete: (path, headers) => call('DELETE', path, headers),
    post: (path, body, headers) => call('POST', path, headers, body),
    put: (path, body, headers) => call('PUT', path, headers, body),
    patch: (path, body, headers) => call('PATCH', path, headers, body),
  };
}
