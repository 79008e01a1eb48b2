/**
 * The database's schema: brought up to a release where the live one still works on it, and asked whether an older one may come
 * back. Only tasks can reach it. docs/decisions/0013-expand-then-contract.md
 */

import { LABELS } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { type Image, readSchema } from './images.ts';
import type { Release } from './ledger.ts';
import { runOneOff } from './one-off-task.ts';
import { registerWithImage } from './task-definitions.ts';

/** As `inspect` prints it: src/inspect.ts. */
interface Applied {
  readonly version: number;
  readonly name: string;
  /** The oldest schema version whose code still works with it. */
  readonly oldestCompatible: number;
  readonly finished: boolean;
}

/** Minutes for all pending migrations together. */
const PATIENCE = 60;

/** Runs the image's migrations. Throws {@link Failure} `migrationFailed`. */
export async function migrate(context: Context, image: Image): Promise<void> {
  const taskDefinition = await registerWithImage(context, `${context.prefix}-migrate`, image);
  const { id, exitCode, reason, lines } = await runOneOff(context, { taskDefinition, patience: PATIENCE });
  if (exitCode === 0) return;
  const said = lines.slice(-15).map((line) => `\n    ${line}`);
  throw new Failure(
    'migrationFailed',
    `the migration failed: ${reason} (exit code ${exitCode ?? 'none'}, task ${id})${said.join('')}`,
    'The service was not touched. Mend the migration and deploy again.',
  );
}

/**
 * Throws {@link Failure} `refused` when the live image would not work once this one's migrations are applied: it serves on while its
 * tasks are replaced, and is what ECS goes back to.
 */
export async function refuseBreaking(
  context: Context,
  { tag, digest, schema, oldestCompatible }: Image,
  liveDigest: string,
): Promise<void> {
  if (digest === liveDigest) return;
  const { schema: known } = await readSchema(context, liveDigest);
  if (known === undefined) {
    context.terminal.say(
      `The live image does not say which schema it knows: nobody can tell whether it works on that of ${tag}.`,
    );
    return;
  }
  // Every migration that it brings has the live image's own code.
  if (schema !== undefined && schema <= known) return;
  if (oldestCompatible === undefined) {
    throw new Failure(
      'refused',
      `the image ${tag} does not say which code works on its schema (label ${LABELS.oldestCompatible})`,
      'Build it with the Dockerfile of this project.',
    );
  }
  if (oldestCompatible <= known) return;
  throw new Failure(
    'refused',
    `the migrations of ${tag} need code of schema ${oldestCompatible} or newer, and what is live knows schema ${known}`,
    `Deploy a release that knows schema ${oldestCompatible} first: docs/decisions/0013-expand-then-contract.md`,
  );
}

/**
 * Throws {@link Failure} `refused` when the database has migrations that this image's code does not work with, naming the nearest
 * release that does.
 *
 * @param live whose image is asked what the database has.
 */
export async function refuseOutgrown(
  context: Context,
  image: Image,
  live: { readonly taskDefinition: string; readonly digest: string },
  ledger: readonly Release[],
): Promise<void> {
  const { schema, tag } = image;
  if (schema === undefined) {
    throw new Failure(
      'refused',
      `the image ${tag} does not say which schema it knows (label ${LABELS.schema})`,
      'Go back to one that does.',
    );
  }
  const applied = await readApplied(context, live.taskDefinition);
  const half = applied.find(({ finished }) => !finished);
  if (half !== undefined) {
    throw new Failure(
      'refused',
      `the migration ${half.name} was cut off half-way`,
      'Finish it: deploy its release again.',
    );
  }
  const forbidding = applied.filter(
    ({ version, oldestCompatible }) => version > schema && oldestCompatible > schema,
  );
  if (forbidding.length === 0) return;
  const needed = Math.max(...forbidding.map(({ oldestCompatible }) => oldestCompatible));
  const safe = ledger.find(
    ({ result, schema: known = 0, digest }) => result === 'live' && known >= needed && digest !== live.digest,
  );
  throw new Failure(
    'refused',
    `the database has outgrown ${tag}: it knows schema ${schema}, and ${forbidding.map(({ name }) => name).join(', ')} needs ${needed} or newer`,
    safe === undefined
      ? 'No earlier release is safe: mend it forward.'
      : `The nearest that is safe: infra/aws-deploy.sh rollback ${safe.tag}`,
  );
}

async function readApplied(context: Context, taskDefinition: string): Promise<Applied[]> {
  const { exitCode, reason, lines } = await runOneOff(context, {
    taskDefinition,
    command: ['inspect'],
    patience: 10,
  });
  const line = lines.findLast((text) => text.startsWith('{"migrations":'));
  if (exitCode === 0 && line !== undefined) return JSON.parse(line).migrations;
  throw new Failure(
    'refused',
    [
      `the database's migrations cannot be read: ${reason} (exit code ${exitCode ?? 'none'})`,
      ...lines.slice(-5),
    ].join('\n    '),
    'Is the database reachable? Nothing was changed.',
  );
}
