/**
 * A server that speaks AWS's protocols, for clients on this machine with AWS_ENDPOINT_URL. Handlers
 * implement the services.
 */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { forward } from './forward.ts';
import { AwsError, type Handler } from './handler.ts';
import { parseCall } from './protocols.ts';

export interface LocalAws {
  /** For AWS_ENDPOINT_URL. Not an IP address, because CDK cannot find its bucket then. */
  readonly url: string;
  close(): void;
}

export interface LocalAwsOptions {
  /** By the name in signatures: `ecs`, `cloudformation`, … */
  readonly services: Readonly<Record<string, Handler>>;
  /** Called before each request, which waits for it; throws what AWS would. */
  readonly before?: (service: string, action: string) => void | Promise<void>;
  /** The content for `GET /blobs/DIGEST`. */
  readonly blob?: (digest: string) => string | undefined;
  /** The server that gets the requests which no handler answers. */
  readonly otherwise?: string;
}

export async function startLocalAws({
  services,
  before,
  blob,
  otherwise,
}: LocalAwsOptions): Promise<LocalAws> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const [, digest] = /^\/blobs\/([^?]*)/.exec(request.url ?? '') ?? [];
    if (digest !== undefined && blob !== undefined) return void response.end(blob(digest));
    const service = serviceOf(request);
    const call = parseCall(request, body);
    try {
      await before?.(service, call.action);
      const answer = await services[service]?.(call.action, call.input);
      if (answer !== undefined) return call.answer(response, answer);
      if (otherwise !== undefined) return await forward(otherwise, request, body, response);
      throw new AwsError('UnknownOperationException', `${service} has no ${call.action} here`);
    } catch (error) {
      call.fail(
        response,
        error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function serviceOf(request: IncomingMessage): string {
  const scope = /Credential=[^/]*\/\d+\/[^/]*\/([^/]*)\//.exec(request.headers.authorization ?? '');
  return scope?.[1] ?? '';
}
