/** What every command gets: the environment, the AWS account and the terminal. */

import type { Environment, EnvironmentName } from '../../platform/environments.ts';
import type { Aws, Identity } from './aws.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly name: EnvironmentName;
  readonly environment: Environment;
  /** The start of every name in this environment. */
  readonly prefix: string;
  readonly aws: Aws;
  readonly identity: Identity;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Waits until the next request to AWS is due. Throws the signal's reason when it is aborted. */
  pause(): Promise<void>;
}
