/** What every command is told: which environment, whose account, and where to speak. */

import type { Environment, EnvironmentName } from '../../platform/environments.ts';
import type { Aws, Identity } from './aws.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly name: EnvironmentName;
  readonly environment: Environment;
  /** Of every name of this environment. */
  readonly prefix: string;
  readonly aws: Aws;
  readonly identity: Identity;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C; whatever waits ends then. */
  readonly signal: AbortSignal;
  /** Waits until it is time to ask AWS again; throws the signal's reason when that is aborted meanwhile. */
  pause(): Promise<void>;
}
