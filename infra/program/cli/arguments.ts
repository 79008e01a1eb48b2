/** Parses the command line: `aws-deploy.sh COMMAND [options]`. */

import { parseArgs } from 'node:util';
import { ENVIRONMENTS, type EnvironmentName } from '../../platform/environments.ts';
import { Failure } from '../core/exit-codes.ts';
import { readOrigin } from '../core/git.ts';
import type { Github } from '../setup/choices.ts';

export const OPTIONS = {
  environment: { type: 'string', short: 'e' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  yes: { type: 'boolean', short: 'y', default: false },
  adopt: { type: 'boolean', default: false },
  github: { type: 'string' },
  'github-subject': { type: 'string' },
  'plain-http': { type: 'boolean', default: false },
  confirm: { type: 'string' },
  again: { type: 'boolean', default: false },
  latest: { type: 'boolean', default: false },
  to: { type: 'string' },
  snapshot: { type: 'string' },
  check: { type: 'string' },
  pending: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  follow: { type: 'boolean', short: 'f', default: false },
  since: { type: 'string' },
  last: { type: 'string' },
  report: { type: 'string' },
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  expires: { type: 'string' },
} as const;

export type OptionName = keyof typeof OPTIONS;

export interface Arguments {
  readonly command: string;
  readonly environment: EnvironmentName;
  /** The words after the command that are not options. */
  readonly operands: readonly string[];
  readonly options: ReturnType<typeof parse>['values'];
}

/** Throws {@link Failure} `usage`. */
export function parseArguments(words: readonly string[]): Arguments {
  const { values, positionals } = parse(words);
  const [command = 'help', ...operands] = positionals;
  const { environment = 'production' } = values;
  if (!Object.hasOwn(ENVIRONMENTS, environment)) {
    const names = Object.keys(ENVIRONMENTS).join(', ');
    throw new Failure('usage', `there is no environment "${environment}"`, `Environments: ${names}.`);
  }
  return { command, operands, environment: environment as EnvironmentName, options: values };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Failure('usage', (error as Error).message, 'See infra/aws-deploy.sh help.');
  }
}

/**
 * The repository on GitHub: the option, else the running workflow's, else the remote `origin`. Throws
 * {@link Failure} `usage`.
 */
export function readGithub({ github, 'github-subject': subject }: Arguments['options']): Github {
  if (subject !== undefined && !/^[\w.-]+:[\w.:@/-]+$/.test(subject))
    throw new Failure('usage', `"${subject}" is not a subject`, 'Give it like this: repo:OWNER@1/NAME@2');
  const repository = github ?? process.env['GITHUB_REPOSITORY'] ?? readOrigin();
  if (repository === undefined || /^[\w.-]+\/[\w.-]+$/.test(repository)) return { repository, subject };
  throw new Failure('usage', `"${repository}" is not a GitHub repository`, 'Give --github OWNER/NAME.');
}
