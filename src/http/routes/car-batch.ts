/** `POST /cars/batch`: creates many cars in one transaction. */

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { CarFields } from '../../cars/car.ts';
import { BATCH_MAX_CARS, type BatchKey, countIds } from '../../cars/car-batch.ts';
import { CarError } from '../../cars/car-error.ts';
import type { CarStore } from '../../cars/car-store.ts';
import { callerOf, contextOf } from '../callers/caller.ts';
import type { ClientOf } from '../callers/client-address.ts';
import { refundRows } from '../callers/rate-limit-headers.ts';
import { BATCH_TYPES, type BatchType, readRows, tooManyRows } from '../contract/batch-rows.ts';
import { CarBatchParameters, type RejectedRow as RejectedRowSchema } from '../contract/batch-schemas.ts';
import { checkCharset } from '../contract/json-body.ts';
import { Problem } from '../contract/problem.ts';
import { BODY_PROBLEMS, problems, WRITE_PROBLEMS } from '../contract/problem-responses.ts';
import { PROBLEM_TYPES } from '../contract/problem-texts.ts';
import { HEADERS, json } from '../contract/response-schemas.ts';
import { IdempotencyKeyHeader, named } from '../contract/schemas.ts';
import { compileBodyValidator, compileValidator } from '../contract/validation.ts';
import { LIMITS } from '../limits.ts';
import type { Server } from '../server.ts';
import { atMost } from './at-most.ts';

/** Milliseconds of reading rows after which other requests get their turn. */
const SLICE = 8;

const validate = compileBodyValidator(named('CarInput'));

type Parameters = Static<typeof CarBatchParameters>;
type RejectedRow = Static<typeof RejectedRowSchema>;

/** A body as its parser leaves it. */
interface BatchBody {
  readonly type: BatchType;
  readonly bytes: Buffer;
}

export function addCarBatchRoute(server: Server, cars: CarStore, clientOf: ClientOf): void {
  const { onRequest, untilDone } = atMost(LIMITS.batches, 'batches', clientOf);
  // A context of its own, because only this route accepts these bodies.
  server.register(async (context) => {
    context.removeAllContentTypeParsers();
    for (const type of BATCH_TYPES) {
      context.addContentTypeParser(
        type,
        { parseAs: 'buffer', bodyLimit: LIMITS.batchSize },
        async (request: FastifyRequest, bytes: Buffer): Promise<BatchBody> => {
          checkCharset(request);
          return { type, bytes };
        },
      );
    }
    context.post(
      '/cars/batch',
      {
        config: { produces: 'application/json', kind: 'batch', scope: 'cars:write' },
        bodyLimit: LIMITS.batchSize,
        onRequest,
        // Rows are validated one by one, so that each can be rejected.
        validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : compileValidator(part)),
        schema: {
          operationId: 'createCars',
          summary: 'Create many cars',
          tags: ['Cars'],
          consumes: [...BATCH_TYPES],
          querystring: CarBatchParameters,
          headers: IdempotencyKeyHeader,
          body: { content: BODIES },
          response: {
            200: json(named('CarBatch'), {
              description: 'What became of the rows.',
              headers: HEADERS.batch,
            }),
          },
          ...problems(
            'not-acceptable',
            'idempotency-key-busy',
            'idempotency-key-reused',
            'invalid-batch',
            'rows-rejected',
            ...BODY_PROBLEMS.filter((code) => code !== 'invalid-car'),
            ...WRITE_PROBLEMS,
          ),
        },
      },
      untilDone(async (request, reply) => {
        const query = request.query as Parameters;
        const body = request.body as BatchBody | undefined | null;
        if (body === undefined || body === null) throw new Problem('bad-request', 'The request has no body.');
        // Reading the rows is part of the time that the batch may take.
        const context = contextOf(request);
        const { accepted, rejected } = await readBatch(body, query.extra === 'ignore');
        if (query.atomic === 'true' && rejected.length > 0) throw rejectAll(rejected);
        if (query.dryRun === 'true') return { created: 0, ids: [], rejected };
        // Rejected rows too, because they may be stored with the key.
        request.chargeRows?.(accepted.length + rejected.length);
        const key = keyOf(request, body, query, rejected);
        const { ids, replayed, ...stored } = await cars
          .createMany(context, accepted, key)
          .catch((error: unknown) => {
            const isUnknown = error instanceof CarError && error.code === 'outcome-unknown';
            if (!isUnknown) refundRows(request);
            throw error;
          });
        if (replayed) {
          refundRows(request);
          reply.header('idempotency-replayed', 'true');
        }
        return {
          created: countIds(ids),
          ids,
          rejected: replayed ? (JSON.parse(stored.rejected) as RejectedRow[]) : rejected,
        };
      }),
    );
  });
}

const EXAMPLE =
  '{"brand":"Volkswagen","model":"Golf","year":2018}\n{"brand":"Audi","model":"A4","year":2020}\n';

/** What the OpenAPI document shows of the bodies. */
const BODIES = {
  'application/json': {
    schema: {
      type: 'array',
      maxItems: BATCH_MAX_CARS,
      items: named('CarInput'),
      examples: [[{ brand: 'Volkswagen', model: 'Golf', year: 2018 }]],
    },
  },
  'application/x-ndjson': {
    schema: { type: 'string', description: 'A car on each line, as JSON.', examples: [EXAMPLE] },
  },
  'text/csv': {
    schema: {
      type: 'string',
      description:
        'A header with the columns brand, model and year, then a car on each line. Separated by commas, semicolons or tabs.',
      examples: ['brand,model,year\r\nVolkswagen,Golf,2018\r\n'],
    },
  },
};

/** Validates the rows, in slices. Throws a {@link Problem} if the batch as a whole cannot be used. */
async function readBatch({ type, bytes }: BatchBody, ignoreExtra: boolean) {
  const accepted: CarFields[] = [];
  const rejected: RejectedRow[] = [];
  let sliceEnd = performance.now() + SLICE;
  for (const row of readRows(type, bytes, ignoreExtra)) {
    if (row !== undefined) {
      if (accepted.length + rejected.length === BATCH_MAX_CARS) throw tooManyRows();
      const { line, value } = row;
      const checked = value instanceof Problem ? { error: value } : validate(value);
      if ('error' in checked) rejected.push({ line, problem: describe(checked.error) });
      else accepted.push(checked.value as CarFields);
    }
    if (performance.now() > sliceEnd) {
      await nextTurn();
      sliceEnd = performance.now() + SLICE;
    }
  }
  return { accepted, rejected };
}

function describe({ code, message, errors }: Problem): RejectedRow['problem'] {
  return {
    type: `/docs/problems/${code}`,
    title: PROBLEM_TYPES[code].title,
    detail: message,
    ...(errors.length > 0 && { errors: [...errors] }),
  };
}

function rejectAll(rejected: readonly RejectedRow[]): Problem {
  const [first] = rejected;
  const others = rejected.length === 1 ? '' : `, and ${rejected.length - 1} more`;
  const detail = `Row ${first?.line} was rejected${others}. No car was created.`;
  return new Problem('rows-rejected', detail, { members: { rejected } });
}

/** A request is the same if its type, its options and each byte of its body are. */
function keyOf(
  request: FastifyRequest,
  { type, bytes }: BatchBody,
  { atomic = 'false', extra }: Parameters,
  rejected: readonly RejectedRow[],
): BatchKey | undefined {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return undefined;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([type, atomic, extra === 'ignore']))
    .update(bytes)
    .digest('hex');
  const { name: caller } = callerOf(request);
  return { caller, key, fingerprint, rejected: JSON.stringify(rejected) };
}
