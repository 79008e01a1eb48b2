/**
 * The npm scripts: signals to npm stop what it runs, `.env` is read, and an old Node gets a clear
 * message.
 */

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { openConnection } from './raw-request.ts';
import { startSilentServer } from './silent-server.ts';
import { type Settings, startProgram, until, watch, withPath } from './start-service.ts';
import { makeFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Runs an npm script in a copy of the package, whose folder holds the database and `.env`. */
function startNpm(args: readonly string[], settings: Settings, envFile?: string) {
  const folder = makeFolder();
  for (const name of ['src', 'migrations', 'node_modules']) symlinkSync(join(ROOT, name), join(folder, name));
  mkdirSync(join(folder, 'scripts'));
  for (const name of ['package.json', 'scripts/launch.js'])
    copyFileSync(join(ROOT, name), join(folder, name));
  if (envFile !== undefined) writeFileSync(join(folder, '.env'), envFile);
  const env = withPath({ HOME: folder, npm_config_update_notifier: 'false', ...settings });
  return watch(spawn('npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Linux can send a signal to the service when npm is gone. Other systems cannot. */
const SIGNALS =
  process.platform === 'linux' ? (['SIGTERM', 'SIGHUP', 'SIGKILL'] as const) : ['SIGTERM' as const];

it.each(SIGNALS)('no process and no port is left after %s to npm', async (signal) => {
  const port = await findFreePort();
  const npm = startNpm(['start'], { PORT: String(port), DATABASE_URL: 'sqlite::memory:' });
  const url = `http://127.0.0.1:${port}`;
  await until('the service', () => npm.output.stdout.includes('Server listening'));
  const service = childOf(npm.child.pid);
  npm.child.kill(signal);
  await until('the end of the service', () => !isRunning(service));
  await expect(openConnection(url)).rejects.toThrow('ECONNREFUSED');
  await npm.ended;
  expect(npm.output.stdout).toContain('"message":"stopped"');
  expect(npm.output.stdout).not.toContain('"level":"fatal"');
});

it('SIGTERM to npm ends a command that waits for the database', async () => {
  const { port, connected } = await startSilentServer();
  const npm = startNpm(['run', 'migrate'], { DATABASE_URL: `mysql://ann@127.0.0.1:${port}/cars` });
  await connected;
  const command = childOf(npm.child.pid);
  npm.child.kill('SIGTERM');
  await until('the end of the command', () => !isRunning(command));
  expect(await npm.ended).toMatchObject({ code: 143 });
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a command exits on %s, also as process 1',
  async (signal) => {
    const { port, connected } = await startSilentServer();
    const settings = { DATABASE_URL: `mysql://ann@127.0.0.1:${port}/cars` };
    const command = startProgram('commands/inspect.ts', settings);
    await connected;
    command.child.kill(signal);
    // An exit code instead of a signal: the command handles it, as it must where the kernel ignores
    // it.
    expect(await command.ended).toMatchObject({ code: { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal] });
  },
);

it('ends the servers of a benchmark that is killed', async () => {
  const start = `const { startServer } = await import(${JSON.stringify(join(ROOT, 'bench/servers.ts'))});
    const server = await startServer('cars-api', 'sqlite::memory:', '/healthz');
    process.stdout.write(server.process.pid + '\\n');
    setInterval(() => {}, 1000);`;
  const bench = watch(
    spawn(process.execPath, ['--input-type=module', '--eval', start], { env: withPath({}) }),
  );
  await until('the server', () => bench.output.stdout.endsWith('\n'));
  bench.child.kill('SIGTERM');
  expect(await bench.ended).toMatchObject({ code: 143, stderr: '' });
  const server = Number(bench.output.stdout);
  await until('the end of the server', () => !isRunning(server));
});

it('reads .env, and prints nothing when it is missing', async () => {
  const settings = { DATABASE_URL: 'sqlite::memory:' };
  const inspect = (given: Settings, envFile?: string) =>
    startNpm(['run', '-s', 'inspect'], given, envFile).ended;
  expect(await inspect(settings)).toMatchObject({ code: 0, stderr: '' });
  expect((await inspect({}, 'DATABASE_URL=nonsense\nPORT=x\n')).stderr).toMatch(
    /^PORT must be .*\nDATABASE_URL must /,
  );
  // The environment wins.
  expect(await inspect(settings, 'DATABASE_URL=nonsense\n')).toMatchObject({ code: 0, stderr: '' });
});

it('every npm script that runs a program replaces the shell, on Windows too', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const programs = Object.values(scripts).filter(
    (script) => /(^| )node /.test(script) && !script.startsWith('rolldown'),
  );
  expect(programs.length).toBeGreaterThan(10);
  for (const script of programs)
    expect(script).toMatch(/^exec node scripts\/launch\.js (src|scripts|bench)\/.+\.ts$/);
  expect(readFileSync(join(ROOT, 'exec.cmd'), 'utf8')).toMatch(/^@%\*\r$/m);
});

it('does not open a debugger on SIGUSR1', async () => {
  const npm = startNpm(['start'], { PORT: '0', DATABASE_URL: 'sqlite::memory:' });
  await until('the service', () => npm.output.stdout.includes('Server listening'));
  process.kill(childOf(npm.child.pid), 'SIGUSR1');
  npm.child.kill('SIGTERM');
  await npm.ended;
  expect(npm.output.stderr).not.toContain('Debugger');
});

it('prints one sentence on a Node that is too old', async () => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '18.20.0' });`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(old)}`, 'scripts/launch.js', 'src/main.ts'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^cars-api: needs Node\.js 24 or newer; .* `npm ci` .*\.\n$/);
});

function childOf(pid: number | undefined): number {
  return Number(spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }).stdout.trim());
}

/** Whether the process exists and is not a zombie, which only waits for its parent. */
function isRunning(pid: number): boolean {
  return /^[^Z]/.test(
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim(),
  );
}
