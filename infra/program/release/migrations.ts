/**
 * Migrations, and the checks that keep image and schema compatible in both directions. Only tasks
 * can reach the database. docs/decisions/0013-expand-then-contract.md
 */

import { LABELS } from '../../platform/contract.ts';
import { RELEASE_MINUTES } from '../../platform/timing.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { type Image, readSchema } from './images.ts';
import type { Release } from './ledger.ts';
import { runOneOff } from './one-off-task.ts';
import { registerWithImage } from './task-definitions.ts';

/** As `inspect` prints it: src/commands/inspect.ts. */
interface Applied {
  readonly version: number;
  readonly name: string;
  /** The oldest schema version whose code still works after this migration. */
  readonly oldestCompatible: number;
  readonly finished: boolean;
}

/** Runs the image's migrations. Throws {@link Failure} `migrationFailed`. */
export async function migrate(context: Context, image: Image): Promise<void> {
  const taskDefinition = await registerWithImage(context, 'migrate', image);
  const { id, exitCode, reason, lines } = await runOneOff(context, {
    taskDefinition,
    timeoutMinutes: RELEASE_MINUTES.migrations,
    afterTimeout: 'The service was not touched. When the migration has ended, deploy again.',
  });
  if (exitCode === 0) return;
  const output = lines.slice(-15).map((line) => `\n    ${line}`);
  throw new Failure(
    'migrationFailed',
    `the migration failed: ${reason} (exit code ${exitCode ?? 'none'}, task ${id})${output.join('')}`,
    'The service was not touched. Fix the migration and deploy again.',
  );
}

/**
 * Throws {@link Failure} `refused` when the live image cannot work after this image's migrations:
 * it keeps serving while its tasks are replaced, and ECS rolls back to it.
 */
export async function rejectBreakingMigrations(
  context: Context,
  { tag, digest, schema, oldestCompatible }: Image,
  liveDigest: string,
): Promise<void> {
  if (digest === liveDigest) return;
  const { schema: known } = await readSchema(context, liveDigest);
  if (known === undefined) {
    context.terminal.print(
      `The live image does not declare its schema, so it is unknown whether it works with that of ${tag}.`,
    );
    return;
  }
  // The live image has the same migrations, or newer ones.
  if (schema !== undefined && schema <= known) return;
  if (oldestCompatible === undefined) {
    throw new Failure(
      'refused',
      `the image ${tag} does not declare which code works with its schema (label ${LABELS.oldestCompatible})`,
      'Build the image with the Dockerfile of this project.',
    );
  }
  if (oldestCompatible <= known) return;
  throw new Failure(
    'refused',
    `the migrations of ${tag} work only if the live image has schema ${oldestCompatible} or newer; it has schema ${known}`,
    `Deploy a release with schema ${oldestCompatible} first: docs/decisions/0013-expand-then-contract.md`,
  );
}

/**
 * Throws {@link Failure} `refused` when this image cannot work with the database's migrations, and
 * names the nearest release that can.
 *
 * @param live its image reads the database's migrations.
 */
export async function rejectOutgrownImage(
  context: Context,
  image: Image,
  live: { readonly taskDefinition: string; readonly digest: string },
  ledger: readonly Release[],
): Promise<void> {
  const { schema, tag } = image;
  if (schema === undefined) {
    throw new Failure(
      'refused',
      `the image ${tag} does not declare its schema (label ${LABELS.schema})`,
      'Go back to a release that does.',
    );
  }
  const applied = await readApplied(context, live.taskDefinition);
  const unfinished = applied.find(({ finished }) => !finished);
  if (unfinished !== undefined) {
    throw new Failure(
      'refused',
      `the migration ${unfinished.name} was interrupted`,
      'Deploy its release again to finish it.',
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
    `${tag} has schema ${schema}, but ${list(forbidding.map(({ name }) => name))} schema ${needed} or newer`,
    safe === undefined
      ? 'No earlier release can: fix the problem in a new release.'
      : `The nearest release that can: infra/aws-deploy.sh rollback ${safe.tag}`,
  );
}

function list(names: readonly string[]): string {
  const [subject, verb] = names.length === 1 ? ['migration', 'requires'] : ['migrations', 'require'];
  return `the ${subject} ${names.join(', ')} ${verb}`;
}

/** What `inspect` prints about a database; no report if the task could not make one. */
export async function inspectDatabase(
  context: Context,
  taskDefinition: string,
  environment: Readonly<Record<string, string>> = {},
) {
  const job = { taskDefinition, command: ['inspect'], environment, timeoutMinutes: 10 };
  const { exitCode, ...result } = await runOneOff(context, job);
  const line = result.lines.findLast((text) => text.startsWith('{"migrations":'));
  const report: { migrations: Applied[]; cars?: unknown } | undefined =
    exitCode === 0 && line !== undefined ? JSON.parse(line) : undefined;
  return { ...result, exitCode, report };
}

async function readApplied(context: Context, taskDefinition: string): Promise<Applied[]> {
  const { exitCode, reason, lines, report } = await inspectDatabase(context, taskDefinition);
  if (report !== undefined) return report.migrations;
  throw new Failure(
    'refused',
    [
      `the migrations of the database cannot be read: ${reason} (exit code ${exitCode ?? 'none'})`,
      ...lines.slice(-5),
    ].join('\n    '),
    'Check that tasks can reach the database. Nothing was changed.',
  );
}
