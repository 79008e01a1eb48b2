/** The requests that every generated client must send, and the checks that it sent them. */

export interface Call {
  readonly operation: string;
  readonly status: number;
  /** A header field or `?parameter` that the request must contain; of several, all. */
  readonly with?: readonly string[];
  /** How often, if not once. */
  readonly times?: number;
}

/** A request that the recorder saw. */
export interface SentRequest {
  readonly operation: string;
  readonly status: number;
  /** Names of header fields, and of query parameters with a question mark before them. */
  readonly names: ReadonlySet<string>;
}

/** The success and error cases of each operation. A new operation needs a line here, and a call in every caller. */
export const CALLS: readonly Call[] = [
  { operation: 'getHealth', status: 200 },
  { operation: 'getReadiness', status: 200 },
  { operation: 'createTable', status: 200 },
  // Repeated with the same key: the same car.
  { operation: 'createCar', status: 201, with: ['idempotency-key'], times: 2 },
  // The same key with another body.
  { operation: 'createCar', status: 422, with: ['idempotency-key'] },
  { operation: 'createCar', status: 415 },
  { operation: 'getCar', status: 200 },
  { operation: 'getCar', status: 304, with: ['if-none-match'] },
  { operation: 'getCar', status: 404 },
  { operation: 'listCars', status: 200, with: ['?brand', '?limit', '?count'] },
  { operation: 'listCars', status: 200, with: ['?cursor'] },
  { operation: 'countCars', status: 200, with: ['?by', '?brand'] },
  { operation: 'getIndex', status: 200 },
  { operation: 'getMe', status: 200 },
  { operation: 'replaceCar', status: 200, with: ['if-match'] },
  { operation: 'replaceCar', status: 412, with: ['if-match'] },
  { operation: 'patchCar', status: 200 },
  { operation: 'createCars', status: 200, with: ['idempotency-key'] },
  { operation: 'exportCarsAsCsv', status: 200, with: ['?brand'] },
  { operation: 'exportCarsAsNdjson', status: 200, with: ['?brand', '?afterId'] },
  { operation: 'getCarHistory', status: 200 },
  { operation: 'deleteCar', status: 204 },
];

/** Returns what is wrong with the requests that a client sent: one line for each. */
export function findMissingCalls(operations: readonly string[], sent: readonly SentRequest[]): string[] {
  const unlisted = operations
    .filter((operation) => !CALLS.some((call) => call.operation === operation && call.status < 300))
    .map((operation) => `scripts/clients/calls.ts lists no successful call of ${operation}`);
  const missing = CALLS.filter(
    (call) => sent.filter((request) => fits(request, call)).length < (call.times ?? 1),
  );
  return [
    ...unlisted,
    ...missing.map(
      ({ operation, status, with: names = [], times = 1 }) =>
        `not sent${times > 1 ? ` ${times} times` : ''}: ${[operation, ...names].join(' ')}, answered ${status}`,
    ),
  ];
}

function fits(request: SentRequest, call: Call): boolean {
  return (
    request.operation === call.operation &&
    request.status === call.status &&
    (call.with ?? []).every((name) => request.names.has(name))
  );
}
