/** The image's entry point: the first argument selects the command. */

const COMMANDS = {
  serve: () => import('./main.ts'),
  migrate: () => import('./commands/migrate.ts'),
  inspect: () => import('./commands/inspect.ts'),
  keys: () => import('./commands/keys.ts'),
};

// Removes the name, so that the command sees only its own arguments.
const [name = 'serve'] = process.argv.splice(2, 1);
if (Object.hasOwn(COMMANDS, name)) {
  await COMMANDS[name as keyof typeof COMMANDS]();
} else {
  process.stderr.write(`unknown command "${name}"; available: ${Object.keys(COMMANDS).join(', ')}\n`);
  process.exitCode = 2;
}
