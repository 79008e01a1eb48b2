/** Parses the command line: `aws-deploy.sh COMMAND [options]`. */

import { parseArgs } from 'node:util';
import { ENVIRONMENTS, type EnvironmentName } from '../../platform/environments.ts';
import { RELEASE_MINUTES } from '../../platform/timing.ts';
import { Failure } from '../core/exit-codes.ts';
import { readOrigin } from '../core/git.ts';
import type { Github } from '../setup/choices.ts';

/** Every option, with its help: the name of its value, and what it does. */
export const OPTIONS = {
  environment: {
    type: 'string',
    short: 'e',
    value: 'NAME',
    help: 'the target: production (default) or staging',
  },
  json: {
    type: 'boolean',
    default: false,
    help: 'print the result as one JSON document on stdout, messages on stderr',
  },
  help: { type: 'boolean', short: 'h', default: false, help: 'print this help' },
  yes: {
    type: 'boolean',
    short: 'y',
    default: false,
    help: 'change the platform without asking (scripts also need --environment)',
  },
  adopt: {
    type: 'boolean',
    default: false,
    help: 'reuse the resources that an earlier destroy kept',
  },
  github: {
    type: 'string',
    value: 'OWNER/NAME',
    help: 'repository that may release (default: $GITHUB_REPOSITORY, otherwise origin)',
  },
  'github-subject': {
    type: 'string',
    value: 'SUBJECT',
    help: "the repository's OIDC subject: docs/deploy/pipeline.md#the-subject",
  },
  'plain-http': {
    type: 'boolean',
    default: false,
    help: 'set up production without HTTPS: clients then send API keys unencrypted',
  },
  confirm: {
    type: 'string',
    value: 'ENVIRONMENT',
    help: 'delete this environment without asking (give its name)',
  },
  again: {
    type: 'boolean',
    default: false,
    help: 'release the live image again, with the newest settings',
  },
  'if-live': { type: 'string', value: 'TAG', help: 'change nothing unless this image is live now' },
  latest: {
    type: 'boolean',
    default: false,
    help: 'restore the newest state that RDS has, about five minutes old',
  },
  to: { type: 'string', value: 'TIME', help: 'restore the state at this time (ISO 8601 with its zone)' },
  snapshot: { type: 'string', value: 'ID', help: 'restore this snapshot' },
  check: {
    type: 'string',
    value: 'INSTANCE',
    help: 'check the copy that an earlier restore requested',
  },
  pending: {
    type: 'boolean',
    default: false,
    help: 'exit with 19 if setup has changes to apply, and with 0 if not',
  },
  timeout: {
    type: 'string',
    value: 'MINUTES',
    help: `stop waiting after this many minutes (default: ${RELEASE_MINUTES.rollOut}); AWS continues`,
  },
  follow: {
    type: 'boolean',
    short: 'f',
    default: false,
    help: 'keep printing new lines until Ctrl-C',
  },
  since: {
    type: 'string',
    value: 'MINUTES',
    help: 'start this many minutes ago (default: 10)',
  },
  last: { type: 'string', value: 'NUMBER', help: 'how many releases to list (default: 20)' },
  report: {
    type: 'string',
    value: 'FOLDER',
    help: 'where to write the report (default: infra/rehearsal-report)',
  },
  name: { type: 'string', value: 'NAME', help: 'who uses the API key, for example ann or shop' },
  scope: {
    type: 'string',
    multiple: true,
    value: 'SCOPE',
    help: 'what the API key may do: cars:read, cars:write or admin; repeat it for several',
  },
  expires: {
    type: 'string',
    value: 'DURATION',
    help: 'how long the API key is valid, for example 30m, 12h or 90d',
  },
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
    // Its advice on arguments with a hyphen does not fit these commands.
    const message = (error as Error).message.replace(/\. To specify a positional argument.*/s, '');
    throw new Failure('usage', message, 'Nothing was changed. See infra/aws-deploy.sh COMMAND --help.');
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
