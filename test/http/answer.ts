/** What came back for one request, read to its end; the same whether fetch or a bare socket asked. */

/** The four members of a car on the wire. */
export interface WireCar {
  readonly brand: string;
  readonly id: number;
  readonly model: string;
  readonly year: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where the service is, so that links in the answer can be followed. */
  readonly origin: string;
}

export function parseBody(answer: Answer): unknown {
  return JSON.parse(answer.body);
}

export function carOf(answer: Answer): WireCar {
  return JSON.parse(answer.body);
}

export function carsOf(answer: Answer): WireCar[] {
  return JSON.parse(answer.body);
}

/** The header fields as an object, without those that differ from call to call. */
export function lastingHeaders({ headers }: Answer): Record<string, string> {
  const { date: _, 'x-request-id': __, ...lasting } = Object.fromEntries(headers);
  return lasting;
}
