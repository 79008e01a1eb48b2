/** A plain Hono + mysql2 service on Hono's Node server, written as their manuals show. */

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env['DATABASE_URL'] ?? '', connectionLimit: 10 });
const app = new Hono();

app.get('/cars/:id', async (context) => {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT id, brand, model, year FROM cars WHERE id = ?', [
    context.req.param('id'),
  ]);
  return rows[0] === undefined ? context.notFound() : context.json(rows[0]);
});

app.get('/cars', async (context) => {
  const { brand, year, limit } = context.req.query();
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  if (brand !== undefined) {
    conditions.push('brand = ?');
    values.push(brand);
  }
  if (year !== undefined) {
    conditions.push('year = ?');
    values.push(Number(year));
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT id, brand, model, year FROM cars ${where} ORDER BY id LIMIT ?`,
    [...values, Number(limit ?? 100)],
  );
  return context.json(rows);
});

app.post('/cars', async (context) => {
  const { brand, model, year } = await context.req.json();
  const [result] = await pool.query<ResultSetHeader>(
    'INSERT INTO cars (brand, model, year) VALUES (?, ?, ?)',
    [brand, model, year],
  );
  return context.json({ id: result.insertId, brand, model, year }, 201);
});

app.put('/cars/:id', async (context) => {
  const id = context.req.param('id');
  const { brand, model, year } = await context.req.json();
  const [result] = await pool.query<ResultSetHeader>(
    'UPDATE cars SET brand = ?, model = ?, year = ? WHERE id = ?',
    [brand, model, year, id],
  );
  return result.affectedRows === 1
    ? context.json({ id: Number(id), brand, model, year })
    : context.notFound();
});

app.delete('/cars/:id', async (context) => {
  const [result] = await pool.query<ResultSetHeader>('DELETE FROM cars WHERE id = ?', [
    context.req.param('id'),
  ]);
  return result.affectedRows === 1 ? context.body(null, 204) : context.notFound();
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT']) });
