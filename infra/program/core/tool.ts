/** Runs other programs: the CDK command line, Docker, a scanner. */

import { spawn } from 'node:child_process';
import { Failure } from './exit-codes.ts';

export interface ToolOptions {
  readonly cwd: string;
  /** By default the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** What the tool reads from its stdin. */
  readonly input?: string;
  /** Whether to hide what the tool prints. */
  readonly quiet?: boolean;
  /** Ends the tool. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a tool. Its output goes to stderr, because stdout is for our command's result. Throws
 * {@link Failure} `toolMissing`.
 *
 * @returns the exit code.
 */
export function runTool(name: string, args: readonly string[], options: ToolOptions): Promise<number> {
  const { cwd, env = process.env, input, quiet = false, signal } = options;
  const output = quiet ? 'ignore' : process.stderr;
  const child = spawn(name, args, {
    cwd,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', output, output],
    ...(signal && { signal }),
  });
  // A tool that ends without reading its input has its own exit code.
  child.stdin?.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Failure('toolMissing', `${name} is not installed`) : error),
    );
    child.on('close', (code) => resolve(code ?? 1));
  });
}
