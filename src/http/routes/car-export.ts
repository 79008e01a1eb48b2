/** `GET /cars.csv` and `GET /cars.ndjson`: every car that matches, in the order of id. */

import { PassThrough, Readable, type Transform } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import { CarError } from '../../cars/car-error.ts';
import { type CarFilter, type CarPage, completeSort } from '../../cars/car-list.ts';
import type { CarStore } from '../../cars/car-store.ts';
import type { RequestContext } from '../../cars/request-context.ts';
import { contextOf } from '../callers/caller.ts';
import type { ClientOf } from '../callers/client-address.ts';
import { toCarFilter } from '../contract/car-filter.ts';
import { type CarFormat, csvFormat, NDJSON } from '../contract/car-formats.ts';
import { CsvExportParameters, NdjsonExportParameters } from '../contract/export-schemas.ts';
import { reasonOf } from '../contract/problem.ts';
import { problems } from '../contract/problem-responses.ts';
import { addVary, EFFORT, preferredCoding } from '../contract/representation.ts';
import { HEADERS } from '../contract/response-schemas.ts';

import { LIMITS } from '../limits.ts';
import type { Server } from '../server.ts';
import { atMost } from './at-most.ts';

const ORDER = completeSort([]);

const EXAMPLES = {
  'text/csv': 'id,brand,model,year\r\n1,Volkswagen,Golf,2018\r\n',
  'application/x-ndjson': '{"brand":"Volkswagen","id":1,"model":"Golf","year":2018}\n',
} as const;

export type OpenExports = ReturnType<typeof createOpenExports>;

/** The exports that run. */
export function createOpenExports() {
  const open = new Set<Readable>();
  let ended = false;
  const cut = (stream: Readable) => stream.destroy(new Error('the service is stopping'));
  return {
    /** Also cuts an export that was still waiting for its first page at the end. */
    add(stream: Readable): void {
      if (ended) cut(stream);
      open.add(stream);
      stream.once('close', () => open.delete(stream));
    },
    /** Cuts them, so that the process can stop. */
    end(): void {
      ended = true;
      for (const stream of open) cut(stream);
    },
  };
}

export function addCarExportRoutes(
  server: Server,
  cars: CarStore,
  exports: OpenExports,
  clientOf: ClientOf,
): void {
  const { onRequest } = atMost(LIMITS.exports, 'exports', clientOf);

  server.get(
    '/cars.csv',
    {
      ...describeExport('text/csv', 'exportCarsAsCsv', 'Export cars as CSV', CsvExportParameters),
      onRequest,
    },
    async (request, reply) => {
      const { safe, ...query } = request.query as Static<typeof CsvExportParameters>;
      return sendExport(request, reply, query, csvFormat(safe === 'spreadsheet'));
    },
  );

  server.get(
    '/cars.ndjson',
    {
      ...describeExport(
        'application/x-ndjson',
        'exportCarsAsNdjson',
        'Export cars as newline-delimited JSON',
        NdjsonExportParameters,
      ),
      onRequest,
    },
    async (request, reply) =>
      sendExport(request, reply, request.query as Static<typeof NdjsonExportParameters>, NDJSON),
  );

  async function sendExport(
    request: FastifyRequest,
    reply: FastifyReply,
    { afterId = 0, ...parameters }: Static<typeof NdjsonExportParameters>,
    format: CarFormat,
  ): Promise<FastifyReply> {
    const context = contextOf(request);
    const filter = toCarFilter(parameters);
    // A database that is unavailable now is a 503. Later, only the connection can be cut.
    const first = await readPage(context, filter, afterId);
    const coding = preferredCoding(request.headers['accept-encoding']);
    reply.type(format.contentType).header('content-disposition', `attachment; filename="${format.fileName}"`);
    addVary(reply, 'Accept-Encoding');
    if (coding !== undefined) reply.header('content-encoding', coding);
    // The client may have hung up by now. Then nobody takes the rest.
    if (request.method === 'HEAD' || reply.raw.destroyed) return reply.send(Readable.from([]));
    const texts = Readable.from(writePages(context, filter, first, format), { objectMode: false });
    exports.add(texts);
    cutIfStalled(texts);
    const body = coding === undefined ? new PassThrough() : createEncoder(coding);
    // Not `pipeline`: it would pass an error on to Fastify, which would try to answer it.
    texts.pipe(body).once('close', () => texts.destroy());
    texts.once('error', (error) => {
      request.record.reason = reasonOf(error);
      // Not only closed: the end of the connection is the end of the file to a client of HTTP/1.0.
      request.raw.socket.resetAndDestroy();
    });
    resetIfHalfClosed(request, reply);
    return reply.send(body);
  }

  function readPage(context: RequestContext, filter: CarFilter, afterId: number): Promise<CarPage> {
    return cars.list(context, { filter, sort: ORDER, limit: LIMITS.exportPage, after: [afterId] });
  }

  /** Yields a text for each page, and reads a page only when the one before was taken. */
  async function* writePages(
    context: RequestContext,
    filter: CarFilter,
    first: CarPage,
    format: CarFormat,
  ): AsyncGenerator<Buffer> {
    let page = first;
    let text = format.head;
    for (;;) {
      for (const car of page.cars) text += format.line(car);
      if (text !== '') yield Buffer.from(text);
      text = '';
      const last = page.cars.at(-1);
      if (!page.more || last === undefined) return;
      page = await retry(() => {
        context.usage.since = performance.now();
        return readPage(context, filter, last.id);
      });
    }
  }
}

/** Retries while the database is unavailable, because an export can only be cut then. */
async function retry(read: () => Promise<CarPage>): Promise<CarPage> {
  for (let retries = LIMITS.exportRetries; ; retries -= 1) {
    try {
      return await read();
    } catch (error) {
      const mayRetry = error instanceof CarError && error.code === 'unavailable' && retries > 0;
      if (!mayRetry) throw error;
      await pause(LIMITS.exportPause, undefined, { ref: false });
    }
  }
}

/** Each page must be accepted within {@link LIMITS.stalled}, so that a slow client frees its place. */
function cutIfStalled(texts: Readable): void {
  const cut = () => texts.destroy(new Error('the client reads too slowly'));
  const timer = setTimeout(cut, LIMITS.stalled);
  texts.on('data', () => timer.refresh()).once('close', () => clearTimeout(timer));
}

/**
 * Node ends the connection when its client closes one half of it, and drops the rest of the response.
 * To a client of HTTP/1.0, that would be the end of the file.
 */
function resetIfHalfClosed({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply): void {
  const reset = () => {
    if (!raw.writableFinished) socket.resetAndDestroy();
  };
  // Before Node's own listener, after which the connection cannot be reset.
  socket.prependOnceListener('end', reset);
  raw.once('close', () => socket.off('end', reset));
}

function createEncoder(coding: 'br' | 'gzip'): Transform {
  const effort = EFFORT.list[coding];
  return coding === 'br'
    ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: effort } })
    : createGzip({ level: effort });
}

function describeExport<Parameters extends TSchema>(
  mediaType: keyof typeof EXAMPLES,
  operationId: string,
  summary: string,
  querystring: Parameters,
) {
  const body = Type.String({ description: 'A line for each car.', examples: [EXAMPLES[mediaType]] });
  return {
    config: { produces: mediaType, kind: 'list', scope: 'cars:read', publicRead: true } as const,
    schema: {
      operationId,
      summary,
      tags: ['Cars'],
      querystring,
      response: {
        200: {
          description: 'Every car that matches, in the order of id.',
          headers: HEADERS.export,
          content: { [mediaType]: { schema: body } },
        },
      },
      ...problems('not-acceptable'),
    },
  };
}
