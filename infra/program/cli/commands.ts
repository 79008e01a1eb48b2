/** The commands: what each does, its help, and the options it knows. */

import { join } from 'node:path';
import { RELEASE_MINUTES } from '../../platform/timing.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { readCommit, rejectUncommitted } from '../core/git.ts';
import { formatTable } from '../core/terminal.ts';
import { build } from '../image/build.ts';
import { abort } from '../release/abort.ts';
import { deploy } from '../release/deploy.ts';
import { history } from '../release/history.ts';
import { keys } from '../release/keys.ts';
import { logs } from '../release/logs.ts';
import { rollBack } from '../release/rollback.ts';
import { run } from '../release/run.ts';
import { status } from '../release/status.ts';
import { wait } from '../release/wait.ts';
import { destroy } from '../setup/destroy.ts';
import { checkPlan, plan } from '../setup/plan.ts';
import { checkRestored, restore } from '../setup/restore.ts';
import type { RestorePoint } from '../setup/restored-cluster.ts';
import { type SetupOptions, setUp } from '../setup/setup.ts';
import { type Arguments, OPTIONS, type OptionName, readGithub } from './arguments.ts';
import { up } from './up.ts';

export interface Command {
  readonly usage: string;
  /** One line, in the list of all commands. */
  readonly summary: string;
  /** The rest of what its own help says. */
  readonly details?: string;
  readonly example: string;
  /** Besides --environment and --json. */
  readonly options: readonly OptionName[];
  /** How many words besides options it takes; by default none. */
  readonly operands?: number;
  /** Whether it has nothing to do with one environment. */
  readonly isShared?: true;
  /** Whether it changes the environment. */
  readonly changes?: true;
  /**
   * Reads the arguments, before anything is asked of AWS. @returns what the command does there.
   */
  readonly run?: (given: Arguments) => (context: Context) => Promise<void>;
  /** What it does on this machine, without an AWS account. */
  readonly runLocally?: (local: Local, given: Arguments) => Promise<void>;
}

type Local = Pick<Context, 'name' | 'terminal' | 'signal'>;

export const COMMANDS: Readonly<Record<string, Command>> = {
  setup: {
    usage: 'setup [--yes] [--adopt] [--plain-http] [--github OWNER/NAME | --github-subject SUBJECT]',
    summary: 'Creates or updates the platform as infra/platform/environments.ts declares it.',
    details:
      'Shows the changes, and asks before it makes them. You can run it again at any time. It makes only the changes that are left. It asks GitHub for the OIDC subject of your repository. If you do not have the GitHub CLI, give the subject with --github-subject.',
    example: 'setup --environment staging',
    options: ['yes', 'adopt', 'plain-http', 'github', 'github-subject'],
    changes: true,
    run: ({ options }) => {
      const given = { ...setupOptions(options), suggestNext: true };
      return (context) => setUp(context, given);
    },
  },
  build: {
    usage: 'build',
    summary: 'Builds and pushes the image of the commit that is checked out.',
    details:
      'If the registry has the image already, the command builds nothing. If trivy is installed, it scans the image before the push. If trivy finds a high or critical vulnerability for which a fixed version exists, the command pushes nothing. All environments use the same image.',
    example: 'build',
    options: [],
    isShared: true,
    run: () => {
      rejectUncommitted();
      return async (context) => context.terminal.result(await build(context));
    },
  },
  deploy: {
    usage: 'deploy [TAG | --again] [--if-live TAG] [--timeout MINUTES]',
    summary: 'Releases an image: applies its migrations, then makes it live.',
    details:
      'TAG, or the variable IMAGE_TAG, names the image. Without a tag, the command releases the image of the commit that is checked out. It waits up to 60 minutes for the migrations, then up to --timeout minutes for the tasks.',
    example: 'deploy abc1234 --environment staging',
    options: ['again', 'if-live', 'timeout'],
    operands: 1,
    changes: true,
    run: ({ operands: [word], options }) => {
      const variable = process.env['IMAGE_TAG'] || undefined;
      if (word !== undefined && variable !== undefined && word !== variable)
        throw new Failure('usage', `TAG is ${word}, but IMAGE_TAG is ${variable}`, 'Give one of them.');
      const tag = word ?? variable;
      if (options.again && tag !== undefined)
        throw new Failure('usage', `--again deploys the live image, and not ${tag}`, 'Give one of them.');
      const named = options.again ? undefined : (tag ?? readCommit());
      const release = {
        tag: named,
        ifLive: options['if-live'],
        timeoutMinutes: minutes(options.timeout),
      };
      return (context) => deploy(context, release);
    },
  },
  up: {
    usage:
      'up [--yes] [--adopt] [--plain-http] [--github OWNER/NAME | --github-subject SUBJECT] [--timeout MINUTES]',
    summary: 'Runs setup, build and deploy, from an empty account to a running service.',
    details: 'If it stops, run it again. It does only what is left to do.',
    example: 'up --environment staging',
    options: ['yes', 'adopt', 'plain-http', 'github', 'github-subject', 'timeout'],
    changes: true,
    run: ({ options }) => {
      // Before a setup that takes 20 minutes.
      rejectUncommitted();
      const given = { ...setupOptions(options), timeoutMinutes: minutes(options.timeout) };
      return (context) => up(context, given);
    },
  },
  rollback: {
    usage: 'rollback [TAG] [--if-live TAG] [--timeout MINUTES]',
    summary: 'Makes an earlier image live again, if it still works with the database schema.',
    details:
      'Without TAG, it undoes the last release. If the last release is undone already, it changes nothing. It prints the tag of the next older release, in case you want to go back further.',
    example: 'rollback abc1234 --environment staging',
    options: ['if-live', 'timeout'],
    operands: 1,
    changes: true,
    run: ({ operands: [tag], options }) => {
      const timeoutMinutes = minutes(options.timeout);
      const ifLive = options['if-live'];
      return (context) => rollBack(context, { tag, ifLive, timeoutMinutes });
    },
  },
  status: {
    usage: 'status',
    summary: 'Shows the live image, the number of tasks, and any release in progress.',
    example: 'status --json --environment staging',
    options: [],
    run: () => status,
  },
  history: {
    usage: 'history [--last NUMBER]',
    summary: 'Lists the releases, newest first.',
    example: 'history --last 5 --environment staging',
    options: ['last'],
    run: ({ options }) => {
      const max = count(options.last, 20);
      return (context) => history(context, max);
    },
  },
  logs: {
    usage: 'logs [--since MINUTES] [--follow]',
    summary: 'Prints the log of the tasks.',
    example: 'logs --since 30 --follow --environment staging',
    options: ['since', 'follow'],
    run: ({ options: { since, follow } }) => {
      const period = { minutes: count(since, 10), follow };
      return (context) => logs(context, period);
    },
  },
  wait: {
    usage: 'wait [--timeout MINUTES]',
    summary: 'Waits until the release in progress has ended.',
    details:
      'If the release succeeds, the command prints the live image, and records the result in the history. It exits with 3 if the release fails, and with 4 if the time is up. If no release is in progress, it prints how the last one ended.',
    example: 'wait --timeout 5 --environment staging',
    options: ['timeout'],
    run: ({ options }) => {
      const timeout = minutes(options.timeout);
      return (context) => wait(context, timeout);
    },
  },
  abort: {
    usage: 'abort',
    summary: 'Stops the release in progress and rolls it back.',
    details:
      'It works once tasks are being replaced. While migrations still run, press Ctrl-C where deploy runs, or cancel the run on GitHub.',
    example: 'abort --environment staging',
    options: [],
    changes: true,
    run: () => abort,
  },
  run: {
    usage: 'run [--timeout MINUTES] -- COMMAND…',
    summary: 'Starts a separate task of the live image, runs one command in it, and prints the output.',
    details:
      'COMMAND is a command of the image: inspect, audit list or keys list. docs/run/containers.md#commands lists all.',
    example: 'run --environment staging -- inspect',
    options: ['timeout'],
    operands: Number.POSITIVE_INFINITY,
    changes: true,
    run: ({ operands, options }) => {
      const timeout = minutes(options.timeout);
      return (context) => run(context, operands, timeout);
    },
  },
  keys: {
    usage:
      'keys (create --name NAME --scope SCOPE… --expires DURATION | list | revoke NAME) [--timeout MINUTES]',
    summary: 'Creates, lists or revokes API keys.',
    details:
      'create generates the API key on this machine and prints it once. AWS gets only the hash of the API key.',
    example: 'keys create --environment staging --name ann --scope cars:read --expires 90d',
    options: ['name', 'scope', 'expires', 'timeout'],
    operands: 2,
    changes: true,
    run: ({ operands, options: { name, scope, expires, timeout } }) => {
      const limit = minutes(timeout);
      return (context) => keys(context, operands, { name, scope, expires }, limit);
    },
  },
  plan: {
    usage: 'plan [--pending] [--github OWNER/NAME | --github-subject SUBJECT]',
    summary: 'Shows what setup would change, and the cost per month.',
    details: 'It changes nothing.',
    example: 'plan --environment staging',
    options: ['pending', 'github', 'github-subject'],
    run: ({ options }) => {
      if (options.pending) return checkPlan;
      const github = readGithub(options);
      return (context) => plan(context, github);
    },
  },
  destroy: {
    usage: 'destroy [--confirm ENVIRONMENT]',
    summary: 'Deletes an environment, and keeps a final snapshot of its database.',
    details:
      'Shows what it will delete and what it keeps, and asks for the name of the environment. Production is protected: the command fails, and says how to turn the protection off.',
    example: 'destroy --environment staging',
    options: ['confirm'],
    changes: true,
    run:
      ({ options }) =>
      (context) =>
        destroy(context, { confirmed: options.confirm }),
  },
  restore: {
    usage: 'restore --latest | --to TIME | --snapshot ID | --check INSTANCE',
    summary: 'Restores the database to a new instance next to the live one, and checks the new one.',
    details:
      'The live database is not changed. Takes 15 minutes or more. If the new instance is not available after three hours, the command exits with 4, and RDS continues. Then run restore with --check.',
    example: 'restore --to 2026-11-24T12:30:00Z --environment staging',
    options: ['latest', 'to', 'snapshot', 'check'],
    changes: true,
    run: ({ options }) => {
      const point = restorePoint(options);
      return (context) =>
        'check' in point ? checkRestored(context, point.check) : restore(context, point.from);
    },
  },
  rehearse: {
    usage: 'rehearse IMAGE_A IMAGE_B [--report FOLDER]',
    summary: 'Rehearses good and bad releases with containers on this machine, under load.',
    details:
      'Releases IMAGE_B over IMAGE_A, goes back, and releases broken images. Needs docker, haproxy and wrk, but no AWS account. Changes nothing on AWS: --environment only chooses which settings to imitate. Takes about 10 minutes.',
    example: 'rehearse cars-api:a cars-api:b',
    options: ['report'],
    operands: 2,
    runLocally: async (local, { operands, options }) => {
      const { rehearse } = await import('../../rehearsal/rehearse.ts');
      await rehearse({
        ...local,
        images: operands,
        report: options.report ?? join(import.meta.dirname, '../../rehearsal-report'),
      });
    },
  },
};

/** The list of all commands, by what somebody wants to do. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Look (these change nothing)': ['plan', 'status', 'history', 'logs'],
  'Create, change or delete AWS resources': ['up', 'setup', 'destroy'],
  Release: ['build', 'deploy', 'rollback', 'abort', 'wait'],
  Operate: ['keys', 'run', 'restore'],
  Practise: ['rehearse'],
};

/** One line for each option: how it is written, and what it does. */
function describeOptions(names: readonly OptionName[]): string[] {
  const rows = names.map((name) => {
    const { help, short, value }: { help: string; short?: string; value?: string } = OPTIONS[name];
    return [`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help];
  });
  return formatTable(rows).map((line) => `  ${line}`);
}

/** Breaks a text into lines of at most 100 characters. */
function wrap(text: string): string {
  return text.replaceAll(/(.{1,100})(?: |$)/g, '$1\n').trimEnd();
}

/** Indents further lines, and keeps what is in brackets on one line. */
function wrapUsage(usage: string): string {
  const solid = usage.replaceAll(/\[[^\]]*\]|--\S+ [A-Z]+/g, (group) => group.replaceAll(' ', '\u00a0'));
  return wrap(solid).replaceAll('\n', '\n  ').replaceAll('\u00a0', ' ');
}

/** The list of all commands. */
export function listCommands(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    'Usage: infra/aws-deploy.sh COMMAND [--environment production|staging] [--json]',
    '',
    'Without --environment, the target is production, and a command that changes production asks first.',
    'In a script, nobody can answer, so it stops and changes nothing. In scripts, always give',
    '--environment. Also give --yes to setup and up, and --confirm to destroy.',
    'Which command asks what: docs/deploy/aws.md#when-a-command-asks',
    '',
    'Start here:          infra/aws-deploy.sh up --environment staging',
    'Something is wrong?  infra/aws-deploy.sh status, then docs/run/runbook.md',
    '',
    ...Object.entries(GROUPS).flatMap(([title, names]) => [
      `${title}:`,
      ...names.map((name) => `  ${name.padEnd(width)}  ${COMMANDS[name]?.summary}`),
      '',
    ]),
    'Help on one command: infra/aws-deploy.sh COMMAND --help',
    'Exit codes: docs/deploy/aws.md#exit-codes',
  ].join('\n');
}

/** The help on one command. */
export function describeCommand({ usage, summary, details, example, options, isShared }: Command): string {
  const where: OptionName[] = isShared ? [] : ['environment'];
  const [name = '', ...others] = usage.split(' ');
  const words = [name, ...(isShared ? [] : ['[--environment NAME]']), ...others];
  const known: readonly OptionName[] = [...options, ...where, 'json', 'help'];
  return [
    wrapUsage(`Usage: infra/aws-deploy.sh ${words.join(' ')}`),
    '',
    wrap(summary),
    ...(details === undefined ? [] : [wrap(details)]),
    '',
    'Options:',
    ...describeOptions(known),
    '',
    'Example:',
    `  infra/aws-deploy.sh ${example}`,
  ].join('\n');
}

function setupOptions(options: Arguments['options']): Omit<SetupOptions, 'suggestNext'> {
  const { yes, adopt, 'plain-http': plainHttp } = options;
  return { github: readGithub(options), yes, adopt, plainHttp };
}

function count(text: string | undefined, fallback: number): number {
  const number = text === undefined ? fallback : Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Failure('usage', `"${text}" is not a whole number above 0`);
}

/** Fractions are allowed. */
function minutes(text: string | undefined): number {
  const number = text === undefined ? RELEASE_MINUTES.rollOut : Number(text);
  if (number > 0) return number;
  throw new Failure('usage', `"${text}" is not a number above 0`);
}

/** What to restore, or which copy to check. */
function restorePoint({
  latest,
  to,
  snapshot,
  check,
}: Arguments['options']): { from: RestorePoint } | { check: string } {
  if ([latest || undefined, to, snapshot, check].filter((given) => given !== undefined).length !== 1) {
    throw new Failure(
      'usage',
      'restore needs exactly one of --latest, --to TIME, --snapshot ID and --check INSTANCE',
      'See infra/aws-deploy.sh restore --help.',
    );
  }
  if (check !== undefined) return { check };
  if (snapshot !== undefined) return { from: { snapshot } };
  if (to === undefined) return { from: 'latest' };
  const time = new Date(to);
  if (Number.isNaN(time.getTime()) || !/(Z|[+-]\d\d:\d\d)$/.test(to)) {
    throw new Failure(
      'usage',
      `"${to}" is not a time with a zone`,
      'Give it like this: 2026-11-24T12:30:00Z.',
    );
  }
  return { from: { time } };
}
