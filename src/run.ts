/**
 * The entry point of the container image. The first argument names the command; the default is
 * `serve`.
 */

const COMMANDS = {
  serve: () => import('./main.ts'),
  migrate: () => import('./commands/migrate.ts'),
  inspect: () => import('./commands/inspect.ts'),
  keys: () => import('./commands/keys.ts'),
  audit: () => import('./commands/audit.ts'),
  backup: () => import('./commands/backup.ts'),
  restore: () => import('./commands/restore.ts'),
};

// The command reads the arguments after its name.
const [name = 'serve'] = process.argv.splice(2, 1);
if (Object.hasOwn(COMMANDS, name)) {
  await COMMANDS[name as keyof typeof COMMANDS]();
} else {
  process.stderr.write(`unknown command "${name}"; the commands are ${Object.keys(COMMANDS).join(', ')}\n`);
  process.exitCode = 2;
}
