/** `history`: lists the releases, newest first. */

import type { Context } from '../core/context.ts';
import { readLedger } from './ledger.ts';

/** @param max how many to list. */
export async function history(context: Context, max: number): Promise<void> {
  const releases = (await readLedger(context)).slice(0, max);
  context.terminal.table([
    ['when', 'what', 'tag', 'digest', 'schema', 'settings', 'result', 'seconds', 'who'],
    ...releases.map(({ startedAt, kind, tag, digest, schema, settings, result, seconds, who }) => [
      startedAt.slice(0, 19),
      kind,
      tag.slice(0, 12),
      digest.slice(7, 19),
      String(schema ?? '?'),
      settings === '' ? 'same' : 'changed',
      result,
      seconds.toFixed(0),
      who,
    ]),
  ]);
  context.terminal.result(releases);
}
