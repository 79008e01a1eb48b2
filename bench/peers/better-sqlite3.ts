/** A plain Fastify + better-sqlite3 service: prepared statements, each of which commits by itself, and flushes as ours does. */

import Database from 'better-sqlite3';
import fastify from 'fastify';

const database = new Database(process.env['DATABASE_URL'] ?? '');
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
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

const COLUMNS = 'id, brand, model, year';
const select = database.prepare(`SELECT ${COLUMNS} FROM cars WHERE id = ?`);
const insert = database.prepare('INSERT INTO cars (brand, model, year) VALUES (?, ?, ?)');
const update = database.prepare('UPDATE cars SET brand = ?, model = ?, year = ? WHERE id = ?');
const remove = database.prepare('DELETE FROM cars WHERE id = ?');
const lists = {
  all: database.prepare(`SELECT ${COLUMNS} FROM cars ORDER BY id LIMIT ?`),
  brand: database.prepare(`SELECT ${COLUMNS} FROM cars WHERE brand = ? ORDER BY id LIMIT ?`),
  year: database.prepare(`SELECT ${COLUMNS} FROM cars WHERE year = ? ORDER BY id LIMIT ?`),
  both: database.prepare(`SELECT ${COLUMNS} FROM cars WHERE brand = ? AND year = ? ORDER BY id LIMIT ?`),
};

app.get<{ Params: { id: number } }>(
  '/cars/:id',
  { schema: { params, response: { 200: car } } },
  (request, reply) => {
    const found = select.get(request.params.id);
    if (found === undefined) reply.code(404).send({ message: 'not found' });
    else reply.send(found);
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
  (request, reply) => {
    const { brand, year, limit } = request.query;
    if (brand !== undefined && year !== undefined) reply.send(lists.both.all(brand, year, limit));
    else if (brand !== undefined) reply.send(lists.brand.all(brand, limit));
    else if (year !== undefined) reply.send(lists.year.all(year, limit));
    else reply.send(lists.all.all(limit));
  },
);

app.post<{ Body: CarFields }>('/cars', { schema: { body, response: { 201: car } } }, (request, reply) => {
  const { brand, model, year } = request.body;
  const { lastInsertRowid } = insert.run(brand, model, year);
  reply.code(201).send({ id: Number(lastInsertRowid), brand, model, year });
});

app.put<{ Params: { id: number }; Body: CarFields }>(
  '/cars/:id',
  { schema: { params, body, response: { 200: car } } },
  (request, reply) => {
    const { id } = request.params;
    const { brand, model, year } = request.body;
    const { changes } = update.run(brand, model, year, id);
    if (changes === 1) reply.send({ id, brand, model, year });
    else reply.code(404).send({ message: 'not found' });
  },
);

app.delete<{ Params: { id: number } }>('/cars/:id', { schema: { params } }, (request, reply) => {
  const { changes } = remove.run(request.params.id);
  reply.code(changes === 1 ? 204 : 404).send();
});

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
