/** A plain Express 5 + mysql2 service, in production mode, written as their manuals show. */

import express from 'express';
import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env['DATABASE_URL'] ?? '', connectionLimit: 10 });
const app = express();
app.disable('x-powered-by');
app.use(express.json());

app.get('/cars/:id', async (request, response) => {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT id, brand, model, year FROM cars WHERE id = ?', [
    request.params.id,
  ]);
  if (rows[0] === undefined) response.sendStatus(404);
  else response.json(rows[0]);
});

app.get('/cars', async (request, response) => {
  const { brand, year, limit } = request.query;
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  if (brand !== undefined) {
    conditions.push('brand = ?');
    values.push(String(brand));
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
  response.json(rows);
});

app.post('/cars', async (request, response) => {
  const { brand, model, year } = request.body;
  const [result] = await pool.query<ResultSetHeader>(
    'INSERT INTO cars (brand, model, year) VALUES (?, ?, ?)',
    [brand, model, year],
  );
  response.status(201).json({ id: result.insertId, brand, model, year });
});

app.put('/cars/:id', async (request, response) => {
  const { brand, model, year } = request.body;
  const [result] = await pool.query<ResultSetHeader>(
    'UPDATE cars SET brand = ?, model = ?, year = ? WHERE id = ?',
    [brand, model, year, request.params.id],
  );
  if (result.affectedRows === 1) response.json({ id: Number(request.params.id), brand, model, year });
  else response.sendStatus(404);
});

app.delete('/cars/:id', async (request, response) => {
  const [result] = await pool.query<ResultSetHeader>('DELETE FROM cars WHERE id = ?', [request.params.id]);
  response.sendStatus(result.affectedRows === 1 ? 204 : 404);
});

app.listen(Number(process.env['PORT']), '127.0.0.1');
