/** Sends one request of every kind, including failing ones. */

/** Returns all answers as one text: statuses, header fields and bodies. */
export async function askEverything(url: string, headers: Record<string, string> = {}): Promise<string> {
  const car = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
  const json = { ...headers, 'content-type': 'application/json' };
  const post = (body: string) => ({ method: 'POST', headers: json, body });
  const calls: [string, RequestInit?][] = [
    ['/cars', post(JSON.stringify(car))],
    ['/cars', post('{')],
    ['/cars', post('{}')],
    ...[
      '/cars',
      '/cars/1',
      '/cars/1/history',
      '/cars/counts?by=brand',
      '/me',
      '/cars/0',
      '/cars/99',
      '/cars?x=1',
      '/nope',
      '/%',
    ].map((path): [string] => [path]),
    ...['/', '/healthz', '/readyz', '/create-table', '/docs', '/docs/start.js', '/openapi.json'].map(
      (path): [string] => [path],
    ),
    ['/docs/problems/internal'],
  ];
  const answers: string[] = [];
  for (const [path, init] of calls) {
    const response = await fetch(`${url}${path}`, { headers, ...init });
    answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
  }
  return answers.join('\n');
}
