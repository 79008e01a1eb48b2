/**
 * Fastify + mysql2 with this service's promises, as somebody would write them by hand: its tables, a version with
 * conditional requests, an audit entry in the transaction of each change, creates that an Idempotency-Key makes
 * repeatable, and a request log. Each write takes one round trip, or two with a key.
 */

import { randomUUID } from 'node:crypto';
import fastify, { type FastifyRequest } from 'fastify';
import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

const pool = mysql.createPool({
  uri: process.env['DATABASE_URL'] ?? '',
  connectionLimit: 10,
  multipleStatements: true,
});
// Without gaps between keys being locked, new keys cannot deadlock.
pool.pool.on('connection', (connection) => {
  connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
});
const app = fastify({
  logger: { level: 'info' },
  genReqId: () => randomUUID(),
});

const fields = {
  brand: { type: 'string', minLength: 1, maxLength: 100 },
  model: { type: 'string', minLength: 1, maxLength: 100 },
  year: { type: 'integer', minimum: 1886, maximum: 2100 },
} as const;
const body = {
  type: 'object',
  required: ['brand', 'model', 'year'],
  properties: fields,
  additionalProperties: false,
};
const car = {
  type: 'object',
  properties: { brand: fields.brand, id: { type: 'integer' }, model: fields.model, year: fields.year },
};
const params = { type: 'object', properties: { id: { type: 'integer', minimum: 1 } } };

interface CarFields {
  brand: string;
  model: string;
  year: number;
}

interface CarRow extends RowDataPacket, CarFields {
  id: number;
  version: number;
}

const keyOf = (text: string) => text.normalize('NFC').toLowerCase().normalize('NFC');
const tagOf = (version: number) => `"${version}"`;

/** The version that If-Match names; undefined without one. */
function expectedVersion(request: FastifyRequest): number | undefined {
  const tag = /^"(\d+)"$/.exec(request.headers['if-match'] ?? '')?.[1];
  return tag === undefined ? undefined : Number(tag);
}

/** Runs statements of one transaction in one round trip. */
async function transaction(statements: readonly string[], values: readonly unknown[]): Promise<unknown[]> {
  const connection = await pool.getConnection();
  try {
    const [results] = await connection.query<RowDataPacket[][]>(
      `START TRANSACTION; ${statements.join('; ')}; COMMIT`,
      values,
    );
    return results;
  } catch (error) {
    await connection.query('ROLLBACK');
    throw error;
  } finally {
    connection.release();
  }
}

const AUDIT = `INSERT INTO car_changes (car_id, version, kind, caller, request_id, changed_at,
  brand_before, model_before, year_before, brand_after, model_after, year_after)`;
const CAR = 'SELECT id, version, brand, model, year FROM cars WHERE id = ?';

app.get<{ Params: { id: number } }>(
  '/cars/:id',
  { schema: { params, response: { 200: car } } },
  async (request, reply) => {
    const [rows] = await pool.query<CarRow[]>(CAR, [request.params.id]);
    const [found] = rows;
    if (found === undefined) return reply.code(404).send({ message: 'not found' });
    reply.header('etag', tagOf(found.version));
    if (request.headers['if-none-match'] === tagOf(found.version)) return reply.code(304).send();
    return found;
  },
);

app.get<{ Querystring: { brand?: string; year?: number; limit: number } }>(
  '/cars',
  {
    schema: {
      querystring: {
        type: 'object',
        properties: {
          brand: { type: 'string' },
          year: { type: 'integer' },
          limit: { type: 'integer', default: 100, maximum: 1000 },
        },
      },
      response: { 200: { type: 'array', items: car } },
    },
  },
  async (request) => {
    const { brand, year, limit } = request.query;
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    if (brand !== undefined) {
      conditions.push('brand_key = ?');
      values.push(keyOf(brand));
    }
    if (year !== undefined) {
      conditions.push('year = ?');
      values.push(year);
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const [rows] = await pool.query<CarRow[]>(
      `SELECT id, brand, model, year FROM cars ${where} ORDER BY id LIMIT ?`,
      [...values, limit],
    );
    return rows;
  },
);

const INSERT = `INSERT INTO cars (brand, model, year, brand_key, model_key) VALUES (?, ?, ?, ?, ?);
  SET @id = LAST_INSERT_ID();
  ${AUDIT} VALUES (@id, 1, 'created', '', ?, UTC_TIMESTAMP(3), NULL, NULL, NULL, ?, ?, ?)`;

function insertValues({ brand, model, year }: CarFields, requestId: string): unknown[] {
  return [brand, model, year, keyOf(brand), keyOf(model), requestId, brand, model, year];
}

async function createOnce(key: string, fields: CarFields, requestId: string): Promise<number> {
  const connection = await pool.getConnection();
  try {
    const [[, rows]] = await connection.query<RowDataPacket[][]>(
      'START TRANSACTION; SELECT car_id, brand, model, year FROM idempotency_keys WHERE idempotency_key = ? FOR UPDATE',
      [key],
    );
    const known = rows?.[0];
    if (known !== undefined) {
      await connection.query('ROLLBACK');
      return known['car_id'] as number;
    }
    const { brand, model, year } = fields;
    const [results] = await connection.query<ResultSetHeader[]>(
      `${INSERT};
       INSERT INTO idempotency_keys (idempotency_key, car_id, brand, model, year, created_at)
       VALUES (?, @id, ?, ?, ?, UTC_TIMESTAMP()); COMMIT`,
      [...insertValues(fields, requestId), key, brand, model, year],
    );
    return results[0]?.insertId ?? 0;
  } catch (error) {
    await connection.query('ROLLBACK');
    throw error;
  } finally {
    connection.release();
  }
}

app.post<{ Body: CarFields }>(
  '/cars',
  { schema: { body, response: { 201: car } } },
  async (request, reply) => {
    const key = request.headers['idempotency-key'];
    let id: number;
    if (typeof key === 'string') {
      const create = () => createOnce(`\0${key}`, request.body, request.id);
      // Another request with this key was faster: it has stored the answer.
      id = await create().catch((error) =>
        error.code === 'ER_DUP_ENTRY' ? create() : Promise.reject(error),
      );
    } else {
      const results = await transaction([INSERT], insertValues(request.body, request.id));
      id = (results[1] as ResultSetHeader).insertId;
    }
    return reply
      .code(201)
      .headers({ etag: tagOf(1), location: `/cars/${id}` })
      .send({ id, ...request.body });
  },
);

app.put<{ Params: { id: number }; Body: CarFields }>(
  '/cars/:id',
  { schema: { params, body, response: { 200: car } } },
  async (request, reply) => {
    const { id } = request.params;
    const { brand, model, year } = request.body;
    const expected = expectedVersion(request);
    // The entry is written first, because it needs the fields before the change.
    const which = `WHERE id = ?${expected === undefined ? '' : ' AND version = ?'} AND NOT (brand = ? AND model = ? AND year = ?)`;
    const whichValues = [id, ...(expected === undefined ? [] : [expected]), brand, model, year];
    const results = await transaction(
      [
        `${CAR} FOR UPDATE`,
        `${AUDIT} SELECT id, version + 1, 'updated', '', ?, UTC_TIMESTAMP(3), brand, model, year, ?, ?, ? FROM cars ${which}`,
        `UPDATE cars SET version = version + 1, brand_key = ?, model_key = ?, brand = ?, model = ?, year = ?
         WHERE id = ?${expected === undefined ? '' : ' AND version = ?'} AND ROW_COUNT() = 1`,
      ],
      [
        ...[id, request.id, brand, model, year, ...whichValues],
        ...[
          keyOf(brand),
          keyOf(model),
          brand,
          model,
          year,
          id,
          ...(expected === undefined ? [] : [expected]),
        ],
      ],
    );
    const [before] = results[1] as CarRow[];
    if (before === undefined) return reply.code(404).send({ message: 'not found' });
    if (expected !== undefined && before.version !== expected) {
      return reply.code(412).send({ message: 'another version' });
    }
    const isChanged = (results[2] as ResultSetHeader).affectedRows === 1;
    reply.header('etag', tagOf(before.version + (isChanged ? 1 : 0)));
    return { id, brand, model, year };
  },
);

app.delete<{ Params: { id: number } }>('/cars/:id', { schema: { params } }, async (request, reply) => {
  const { id } = request.params;
  const expected = expectedVersion(request);
  const which = expected === undefined ? 'WHERE id = ?' : 'WHERE id = ? AND version = ?';
  const whichValues = expected === undefined ? [id] : [id, expected];
  const results = await transaction(
    [
      `${CAR} FOR UPDATE`,
      `${AUDIT} SELECT id, version + 1, 'deleted', '', ?, UTC_TIMESTAMP(3), brand, model, year, NULL, NULL, NULL FROM cars ${which}`,
      `DELETE FROM cars ${which}`,
    ],
    [id, request.id, ...whichValues, ...whichValues],
  );
  const [before] = results[1] as CarRow[];
  if (before === undefined) return reply.code(404).send({ message: 'not found' });
  const isDeleted = (results[3] as ResultSetHeader).affectedRows === 1;
  return reply.code(isDeleted ? 204 : 412).send();
});

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
