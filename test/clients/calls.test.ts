/** Which requests a generated client must send: `scripts/clients/calls.ts`. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CALLS, findMissingCalls, type SentRequest } from '../../scripts/clients/calls.ts';
import { readOperations } from '../../scripts/clients/recorder.ts';

const document = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
const operations = readOperations(document).map(({ id }) => id);
const all: SentRequest[] = CALLS.flatMap(({ operation, status, with: names = [], times = 1 }) =>
  Array.from({ length: times }, () => ({ operation, status, names: new Set(names) })),
);

it('lists a successful call of every operation in openapi.json', () => {
  expect(findMissingCalls(operations, all)).toEqual([]);
});

it('reports an operation that no call is listed for', () => {
  expect(findMissingCalls([...operations, 'washCars'], all)).toEqual([
    'scripts/clients/calls.ts lists no successful call of washCars',
  ]);
});

it('reports each call that a client did not send, or that got another answer', () => {
  const some = all
    .filter(({ operation }) => operation !== 'deleteCar')
    .map((request) => (request.operation === 'getHealth' ? { ...request, status: 503 } : request));
  expect(findMissingCalls(operations, some)).toEqual([
    'not sent: getHealth, answered 200',
    'not sent: deleteCar, answered 204',
  ]);
});

it('reports a call without the header field or parameter that it must have', () => {
  const bare = all.map((request) => ({ ...request, names: new Set<string>() }));
  expect(findMissingCalls(operations, bare)).toContain('not sent: listCars ?cursor, answered 200');
});
