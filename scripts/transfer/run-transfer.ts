/** Runs a transfer: its client, its signals, and the reason why it ended early. */

import { type CarsClient, ConnectionError, createCarsClient, ProblemError } from '../../client/src/index.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import type { ServiceOptions } from './options.ts';

/** The exit code of each signal. */
const INTERRUPTED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof INTERRUPTED;

const ANSWER_TIMEOUT_MS = 30_000;

/** Why a transfer ended early; undefined if it is complete. */
export type Ending = { readonly exitCode: number; readonly reason: string } | undefined;

/**
 * Calls `transfer` with a client that retries until nothing succeeds for a while.
 * @param onTrouble receives the reason for each retry.
 */
export async function runTransfer(
  { url, key, stallSeconds }: ServiceOptions,
  transfer: (cars: CarsClient, signal: AbortSignal) => Promise<void>,
  onTrouble: (reason: string) => void,
): Promise<Ending> {
  const retryFor = stallSeconds * 1000;
  const cars = createCarsClient({
    url,
    retryFor,
    timeout: Math.min(ANSWER_TIMEOUT_MS, retryFor),
    onRetry: ({ message }) => onTrouble(message),
    ...(key !== undefined && { apiKey: key }),
  });
  const stop = new AbortController();
  // `once` would let a second signal kill the process: on Ctrl-C, the terminal and npm both send one.
  for (const signal of Object.keys(INTERRUPTED)) process.on(signal, () => stop.abort(signal));
  try {
    await transfer(cars, stop.signal);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (stop.signal.aborted)
      return { exitCode: INTERRUPTED[stop.signal.reason as Signal], reason: 'interrupted' };
    return { exitCode: 1, reason: `stopped: ${explain(error)}` };
  }
}

function explain(error: unknown): string {
  if (error instanceof ConnectionError) return `${error.message}; check --url`;
  if (!(error instanceof ProblemError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 401 || error.status === 403) return `${error.message}; check CARS_API_KEY`;
  return error.status === 404 || error.code === 'about:blank'
    ? `${error.message}; check --url`
    : error.message;
}
