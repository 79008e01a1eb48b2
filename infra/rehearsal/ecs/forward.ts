/** Forwards a request to another server unchanged. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** @param to the URL of the other server, without a path. */
export async function forward(
  to: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    typeof value === 'string' &&
    !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name)
      ? [[name, value] as [string, string]]
      : [],
  );
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const answer = await fetch(to + request.url, {
    method: request.method ?? 'GET',
    headers,
    redirect: 'manual',
    ...(hasBody && { body: new Uint8Array(body) }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const kept = [...answer.headers].filter(
    ([name]) => !['content-length', 'content-encoding', 'transfer-encoding', 'connection'].includes(name),
  );
  response.writeHead(answer.status, Object.fromEntries(kept));
  response.end(bytes);
}
