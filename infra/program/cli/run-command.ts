/** Runs one command, as the command line gives it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { createAws, explain, type Identity, identify } from '../core/aws.ts';
import { Failure } from '../core/exit-codes.ts';
import { createTerminal, type Terminal } from '../core/terminal.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import { COMMANDS, type Command, describeCommand, listCommands } from './commands.ts';

/** Seconds between two requests to AWS about something in progress. */
const POLL_SECONDS = Number(process.env['AWS_DEPLOY_POLL_SECONDS'] ?? '3');

/** Throws {@link Failure}, and what AWS's clients throw. */
export async function runCommand(words: readonly string[], signal: AbortSignal): Promise<void> {
  const given = parseArguments(words);
  const terminal = createTerminal(given.options.json);
  if (given.command === 'help') return terminal.print(listCommands());
  const command = Object.hasOwn(COMMANDS, given.command) ? COMMANDS[given.command] : undefined;
  if (command === undefined) {
    throw new Failure(
      'usage',
      `there is no command "${given.command}"`,
      `Nothing was changed. The commands are ${Object.keys(COMMANDS).join(', ')}. See infra/aws-deploy.sh help.`,
    );
  }
  if (given.options.help) return terminal.print(describeCommand(command));
  rejectUnknownOptions(given, command.options);
  rejectUnknownWords(given, command);
  const name = given.environment;
  const work = command.run?.(given);
  await command.runLocally?.({ name, terminal, signal }, given);
  if (work === undefined) return;
  const isUnnamed = command.changes === true && given.options.environment === undefined;
  if (isUnnamed && !terminal.canAsk) {
    throw new Failure(
      'usage',
      `${given.command} changes an environment, and none is named`,
      'Give --environment production or --environment staging.',
    );
  }
  const aws = createAws();
  const identity = await identify(aws);
  if (isUnnamed) await confirmTarget(terminal, name, identity);
  const context = {
    name,
    environment: ENVIRONMENTS[name],
    prefix: prefixOf(name),
    aws,
    identity,
    terminal,
    signal,
    pause: () => sleep(POLL_SECONDS * 1000, undefined, { signal }),
  };
  await work(context).catch((error: unknown) => {
    throw withEnvironment(explain(error), name) ?? error;
  });
}

/** Without `--environment`, a command in the advice would be about production. */
function withEnvironment(failure: Failure | undefined, name: string): Failure | undefined {
  // Wrong usage is answered with an example.
  if (failure === undefined || failure.exit === 'usage') return failure;
  const advice = failure.advice.replaceAll(
    /infra\/aws-deploy\.sh (?!help\b|build\b)\w+/g,
    `$& --environment ${name}`,
  );
  return new Failure(failure.exit, failure.message, advice);
}

/** Throws {@link Failure} `declined`. */
async function confirmTarget(
  { ask, print }: Terminal,
  name: string,
  { account, region, arn }: Identity,
): Promise<void> {
  print(`This changes ${name} in account ${account}, region ${region}, as ${arn}.`);
  if (!/^y(es)?$/i.test(await ask('Continue? [y/N]'))) throw new Failure('declined', 'nothing was changed');
}

function rejectUnknownWords({ command, operands }: Arguments, { operands: max = 0 }: Command): void {
  if (operands.length <= max) return;
  const [advice, extra] = [`See infra/aws-deploy.sh ${command} --help.`, operands.slice(max).join(' ')];
  throw new Failure('usage', `${command} has no argument "${extra}"`, advice);
}

function rejectUnknownOptions(
  { command, options }: ReturnType<typeof parseArguments>,
  known: readonly string[],
): void {
  for (const [option, value] of Object.entries(options)) {
    if (!value || ['environment', 'json', 'help', ...known].includes(option)) continue;
    const advice = `See infra/aws-deploy.sh ${command} --help.`;
    throw new Failure('usage', `${command} has no option --${option}`, advice);
  }
}
