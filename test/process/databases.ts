/** Creates an empty database for one test, dropped after the test. */

import { onTestFinished } from 'vitest';
import { createTestDatabase, createTestFile, type TestDatabase } from '../support/test-database.ts';

export const ENGINES = ['SQLite', 'MySQL'] as const;

export async function makeDatabase(engine: (typeof ENGINES)[number]): Promise<TestDatabase> {
  const database = engine === 'MySQL' ? await createTestDatabase() : createTestFile();
  onTestFinished(() => database.drop());
  return database;
}
