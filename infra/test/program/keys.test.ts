/** `keys`: a key is generated on the operator's machine, and AWS sees only its hash. */

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EXIT } from '../../program/core/exit-codes.ts';
import { startTestAccount, type TestAccount } from '../support/account.ts';

const GRANT = '--name ann --scope cars:read --scope cars:write --expires 90d';

let account: TestAccount;
let digest: string;

beforeEach(async () => {
  account = await startTestAccount();
  digest = account.push('abc1234');
});
afterEach(() => account.close());

const keyTasks = () => account.board.tasks.filter(({ command }) => command?.[0] === 'keys');

it('create prints only the key on stdout, and sends its hash in a task of the live image', async () => {
  await account.release('abc1234');
  account.driver.script(digest, { ends: { after: 1, code: 0 }, prints: ['ann has a key.'] }, 'keys');
  const { code, stdout, stderr } = await account.run(`keys create ${GRANT}`);
  expect(code, stderr).toBe(EXIT.done);
  expect(stdout).toMatch(/^cars_[0-9a-f]{16}_[\w-]{43}\n$/);
  expect(stderr).toContain('ann has a key.');
  const key = stdout.trim();
  const hash = createHash('sha256').update(key).digest('hex');
  const [task] = keyTasks();
  expect(task?.command).toEqual(`keys add --id ${key.split('_')[1]} --hash ${hash} ${GRANT}`.split(' '));
  expect(JSON.stringify(account.board.tasks)).not.toContain(key);
});

it('create --json prints the key as JSON', async () => {
  await account.release('abc1234');
  const { stdout } = await account.run(`keys create ${GRANT} --json`);
  expect(JSON.parse(stdout)).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    key: expect.stringMatching(/^cars_/),
  });
});

it('create prints no key when the task that stores it fails', async () => {
  await account.release('abc1234');
  account.driver.script(
    digest,
    { ends: { after: 1, code: 1 }, prints: ['ann has a key; revoke it'] },
    'keys',
  );
  const { code, stdout, stderr } = await account.run(`keys create ${GRANT}`);
  expect(code).toBe(EXIT.taskFailed);
  expect(stdout + stderr).toContain('ann has a key; revoke it');
  expect(stdout + stderr).not.toContain('cars_');
});

it.each(['create --name ann', '--name ann create', 'generate'])(
  'run -- keys %s is refused, because it prints the key to the log',
  async (words) => {
    await account.release('abc1234');
    const { code, stderr } = await account.run(`run -- keys ${words}`);
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('to the log') });
    expect(keyTasks()).toEqual([]);
  },
);

it('list and revoke run a task', async () => {
  await account.release('abc1234');
  account.driver.script(digest, { ends: { after: 1, code: 0 }, prints: ['{"name":"ann"}'] }, 'keys');
  expect(await account.run('keys list')).toMatchObject({ code: EXIT.done, stdout: '{"name":"ann"}\n' });
  expect(await account.run('keys revoke ann')).toMatchObject({ code: EXIT.done });
  expect(keyTasks().map(({ command }) => command?.join(' '))).toEqual(['keys list', 'keys revoke ann']);
});

it('fails before the first release', async () => {
  const { code, stderr } = await account.run(`keys create ${GRANT}`);
  expect(code).toBe(EXIT.refused);
  expect(stderr).toContain('no image was released yet');
});

it('works while the service is scaled to 0 tasks', async () => {
  await account.release('abc1234');
  account.ecs.scheduler?.deploy(account.ecs.find('cars-api'), 0);
  expect(await account.run('keys list')).toMatchObject({ code: EXIT.done });
  expect(await account.run('run -- inspect')).toMatchObject({ code: EXIT.done });
});

it.each(['keys', 'keys create --name ann', 'keys revoke', 'keys list ann', 'keys list --name ann'])(
  '%s fails and explains its usage',
  async (words) => {
    const { code, stderr } = await account.run(words);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain('keys create --name NAME --scope cars:write --expires 90d');
    expect(keyTasks()).toEqual([]);
  },
);
