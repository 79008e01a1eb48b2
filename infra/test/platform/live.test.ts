import { expect, it } from 'vitest';
import { NOTHING_LIVE, parseLive } from '../../platform/live.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

it('parses the live digest and task count; without context nothing is live', () => {
  expect(parseLive(undefined)).toEqual(NOTHING_LIVE);
  expect(parseLive(',0')).toEqual({ tasks: 0 });
  expect(parseLive(`${DIGEST},3`)).toEqual({ digest: DIGEST, tasks: 3 });
});

it.each(['', '3', 'latest,3', `${DIGEST}`, `${DIGEST},-1`, `${DIGEST},3,4`, 7])('rejects %j', (text) => {
  expect(() => parseLive(text)).toThrow('live must be');
});
