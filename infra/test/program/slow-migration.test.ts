/** A migration that takes longer than the program waits. */

import { expect, it, onTestFinished, vi } from 'vitest';
import { startTestAccount } from '../support/account.ts';

vi.mock('../../platform/timing.ts', async (load) => ({
  ...(await load<typeof import('../../platform/timing.ts')>()),
  RELEASE_MINUTES: { rollOut: 20, migrations: 0.001 },
}));

it('leaves the service alone, and says to deploy again and not to wait', async () => {
  const account = await startTestAccount();
  onTestFinished(() => account.close());
  const tag = 'a'.repeat(40);
  account.driver.script(account.push(tag), { ends: { after: 30, code: 0 } }, 'migrate');
  await expect(account.release(tag)).rejects.toMatchObject({
    exit: 'timedOut',
    advice: 'The service was not touched. When the migration has ended, deploy again.',
  });
  expect(account.ecs.scheduler).toBeUndefined();
});
