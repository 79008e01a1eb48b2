/** The contract of the store on MySQL. */

import { openStarted } from '../support/open-started.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { describeCarStore, KEY_TABLES } from './car-store.contract.ts';

describeCarStore('MySQL', async () => {
  const created = await createTestDatabase();
  const database = await openStarted(created.url);
  return {
    cars: database.cars,
    async ageKeys(seconds) {
      for (const table of KEY_TABLES)
        await created.query(`UPDATE ${table} SET created_at = created_at - INTERVAL ${seconds} SECOND`);
    },
    setNextId: async (id) => void (await created.query(`ALTER TABLE cars AUTO_INCREMENT = ${id}`)),
    forgetChanges: async () => void (await created.query('DELETE FROM car_changes')),
    async close() {
      await database.close();
      await created.drop();
    },
  };
});
