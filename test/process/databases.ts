/** An empty database of either engine for one test, dropped when the test ends. */

import { onTestFinished } from 'vitest';
import { createTestDatabase, createTestFile, type TestDatabase } from '../support/test-database.ts';

export const ENGINES = ['SQLite', 'MySQL'] as const;

export async function makeDatabase(engine: (typeof ENGINES)[number]): Promise<TestDatabase> {
  const database = engine === 'MySQL' ? await createTestDatabase() : createTestFile();
  onTestFinished(() => database.drop());
  return database;
}
