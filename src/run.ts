/** The image's entry point: the first argument names which of the processes to be. */

const COMMANDS = {
  serve: () => import('./main.ts'),
  migrate: () => import('./commands/migrate.ts'),
  inspect: () => import('./commands/inspect.ts'),
  keys: () => import('./commands/keys.ts'),
};

// What stands behind the name is the process's own.
const [name = 'serve'] = process.argv.splice(2, 1);
if (Object.hasOwn(COMMANDS, name)) {
  await COMMANDS[name as keyof typeof COMMANDS]();
} else {
  process.stderr.write(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')}\n`);
  process.exitCode = 2;
}
