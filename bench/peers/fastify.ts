/** A plain Fastify + mysql2 service, written as their manuals show: a pool, one query per request, schemas. */

import fastify from 'fastify';
import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env['DATABASE_URL'] ?? '', connectionLimit: 10 });
const app = fastify({ logger: false });

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

app.get<{ Params: { id: number } }>(
  '/cars/:id',
  { schema: { params, response: { 200: car } } },
  async (request, reply) => {
    const [rows] = await pool.query<RowDataPacket[]>('SELECT id, brand, model, year FROM cars WHERE id = ?', [
      request.params.id,
    ]);
    return rows[0] ?? reply.code(404).send({ message: 'not found' });
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
      conditions.push('brand = ?');
      values.push(brand);
    }
    if (year !== undefined) {
      conditions.push('year = ?');
      values.push(year);
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const [rows] = await pool.query<RowDataPacket[]>(
      `SELECT id, brand, model, year FROM cars ${where} ORDER BY id LIMIT ?`,
      [...values, limit],
    );
    return rows;
  },
);

app.post<{ Body: CarFields }>(
  '/cars',
  { schema: { body, response: { 201: car } } },
  async (request, reply) => {
    const { brand, model, year } = request.body;
    const [result] = await pool.query<ResultSetHeader>(
      'INSERT INTO cars (brand, model, year) VALUES (?, ?, ?)',
      [brand, model, year],
    );
    return reply.code(201).send({ id: result.insertId, brand, model, year });
  },
);

app.put<{ Params: { id: number }; Body: CarFields }>(
  '/cars/:id',
  { schema: { params, body, response: { 200: car } } },
  async (request, reply) => {
    const { id } = request.params;
    const { brand, model, year } = request.body;
    const [result] = await pool.query<ResultSetHeader>(
      'UPDATE cars SET brand = ?, model = ?, year = ? WHERE id = ?',
      [brand, model, year, id],
    );
    return result.affectedRows === 1
      ? { id, brand, model, year }
      : reply.code(404).send({ message: 'not found' });
  },
);

app.delete<{ Params: { id: number } }>('/cars/:id', { schema: { params } }, async (request, reply) => {
  const [result] = await pool.query<ResultSetHeader>('DELETE FROM cars WHERE id = ?', [request.params.id]);
  return reply.code(result.affectedRows === 1 ? 204 : 404).send();
});

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
