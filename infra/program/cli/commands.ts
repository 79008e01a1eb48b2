/** What the program can do: each command with its line of help, the options that it knows, and what it does. */

import { join } from 'node:path';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
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
import { plan } from '../setup/plan.ts';
import { checkRestored, restore } from '../setup/restore.ts';
import type { RestorePoint } from '../setup/restored-instance.ts';
import { setUp } from '../setup/setup.ts';
import { type Arguments, githubRepository, type OptionName } from './arguments.ts';

export interface Command {
  readonly usage: string;
  readonly help: string;
  /** Beside --environment and --json. */
  readonly options: readonly OptionName[];
  /** What it does on AWS. */
  readonly run?: (context: Context, given: Arguments) => Promise<void>;
  /** What it does on this machine alone, with no AWS account. */
  readonly runHere?: (here: Here, given: Arguments) => Promise<void>;
}

type Here = Pick<Context, 'name' | 'terminal' | 'signal'>;

export const COMMANDS: Readonly<Record<string, Command>> = {
  setup: {
    usage: 'setup [--yes] [--adopt] [--github OWNER/NAME]',
    help: 'makes the platform what infra/environments.ts says; repeat it as often as you like. --adopt takes over what an earlier destroy has kept',
    options: ['yes', 'adopt', 'github'],
    run: (context, { options }) =>
      setUp(context, {
        githubRepository: githubRepository(options.github),
        yes: options.yes,
        adopt: options.adopt,
      }),
  },
  plan: {
    usage: 'plan [--github OWNER/NAME]',
    help: 'shows what setup would change, and what it costs a month',
    options: ['github'],
    run: (context, { options }) => plan(context, githubRepository(options.github)),
  },
  destroy: {
    usage: 'destroy [--confirm ENVIRONMENT] [--github OWNER/NAME]',
    help: 'takes an environment down, and keeps a last snapshot of its database',
    options: ['confirm', 'github'],
    run: (context, { options }) =>
      destroy(context, {
        githubRepository: githubRepository(options.github),
        confirmed: options.confirm,
      }),
  },
  restore: {
    usage: 'restore --latest | --to TIME | --snapshot ID | --check INSTANCE',
    help: 'makes a database from a point in time or a snapshot, beside the live one, and checks it; --check goes on with one that is being made',
    options: ['latest', 'to', 'snapshot', 'check'],
    run: (context, { options }) => {
      const point = restorePoint(options);
      return 'check' in point ? checkRestored(context, point.check) : restore(context, point.from);
    },
  },
  deploy: {
    usage: '[IMAGE_TAG=TAG] deploy [--timeout MINUTES]',
    help: 'migrates, then brings an image live; without a tag the live one again',
    options: ['timeout'],
    run: (context, { options }) =>
      deploy(context, { tag: process.env['IMAGE_TAG'] || undefined, patience: minutes(options.timeout) }),
  },
  rollback: {
    usage: 'rollback [TAG] [--timeout MINUTES]',
    help: 'brings an earlier image live, where the database allows it; by default the one before',
    options: ['timeout'],
    run: (context, { operands, options }) =>
      rollBack(context, { tag: operands[0], patience: minutes(options.timeout) }),
  },
  status: {
    usage: 'status',
    help: 'what is live, how many tasks, what is under way',
    options: [],
    run: status,
  },
  history: {
    usage: 'history [--last NUMBER]',
    help: 'the releases, newest first',
    options: ['last'],
    run: (context, { options }) => history(context, count(options.last, 20)),
  },
  logs: {
    usage: 'logs [--since MINUTES] [--follow]',
    help: 'what the tasks have printed',
    options: ['since', 'follow'],
    run: (context, { options }) =>
      logs(context, { minutes: count(options.since, 10), follow: options.follow }),
  },
  wait: {
    usage: 'wait [--timeout MINUTES]',
    help: 'watches the deployment that is under way to its end',
    options: ['timeout'],
    run: (context, { options }) => wait(context, minutes(options.timeout)),
  },
  abort: {
    usage: 'abort',
    help: 'stops the deployment that is under way and rolls it back',
    options: [],
    run: abort,
  },
  run: {
    usage: 'run [--timeout MINUTES] -- COMMAND…',
    help: 'a task of the live image that does one thing, as in run -- inspect',
    options: ['timeout'],
    run: (context, { operands, options }) => run(context, operands, minutes(options.timeout)),
  },
  keys: {
    usage: 'keys create --name NAME --scope SCOPE… --expires 90d | list | revoke NAME',
    help: 'API keys; one that is created is made here and printed once, and only its digest is sent',
    options: ['name', 'scope', 'expires', 'timeout'],
    run: (context, { operands, options: { name, scope, expires, timeout } }) =>
      keys(context, operands, { name, scope, expires }, minutes(timeout)),
  },
  rehearse: {
    usage: 'rehearse IMAGE_A IMAGE_B [--report FOLDER]',
    help: 'plays releases of two images of this machine, and bad ones, with containers, under load; needs no AWS account',
    options: ['report'],
    runHere: async (here, { operands, options }) => {
      const { rehearse } = await import('../../rehearsal/rehearse.ts');
      await rehearse({
        ...here,
        images: operands,
        report: options.report ?? join(import.meta.dirname, '../../rehearsal-report'),
      });
    },
  },
};

/** The help, as long as a screen. */
export function usage(): string {
  return [
    'infra/aws-deploy.sh COMMAND [--environment production|staging] [--json]',
    '',
    ...Object.values(COMMANDS).flatMap((command) => [`  ${command.usage}`, `      ${command.help}`]),
    '',
    'Exit codes and examples: docs/deploy/aws.md',
  ].join('\n');
}

function count(text: string | undefined, usual: number): number {
  const number = text === undefined ? usual : Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Failure('usage', `"${text}" is no number above 0`);
}

/** Any part of them, 20 unless said. */
function minutes(text: string | undefined): number {
  const number = text === undefined ? 20 : Number(text);
  if (number > 0) return number;
  throw new Failure('usage', `"${text}" is no number above 0`);
}

/** What is to be restored, or which copy is to be checked. */
function restorePoint({
  latest,
  to,
  snapshot,
  check,
}: Arguments['options']): { from: RestorePoint } | { check: string } {
  if ([latest || undefined, to, snapshot, check].filter((given) => given !== undefined).length !== 1) {
    throw new Failure(
      'usage',
      'restore needs one of --latest, --to TIME, --snapshot ID and --check INSTANCE',
      'See docs/run/runbook.md#restore.',
    );
  }
  if (check !== undefined) return { check };
  if (snapshot !== undefined) return { from: { snapshot } };
  if (to === undefined) return { from: 'latest' };
  const time = new Date(to);
  if (Number.isNaN(time.getTime()) || !/(Z|[+-]\d\d:\d\d)$/.test(to)) {
    throw new Failure('usage', `"${to}" is no time`, 'Give it with its zone: 2026-11-24T12:30:00Z.');
  }
  return { from: { time } };
}
