/**
 * Makes an image live on the newest task definition and watches the deployment to its end; deploy
 * and rollback use it.
 */

import { RELEASE_MINUTES } from '../../platform/timing.ts';
import { explain } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { EXIT, Failure } from '../core/exit-codes.ts';
import { warnAboutFiringAlarms } from './alarms.ts';
import { readServiceDefinition } from './definitions.ts';
import { reportFailure } from './failure-report.ts';
import { type Image, protectImage } from './images.ts';
import { type Release, writeRelease } from './ledger.ts';
import { applyScaling } from './scaling.ts';
import { runRevision } from './service.ts';
import { changedSettings } from './settings.ts';
import { registerWithImage } from './task-definitions.ts';
import { Timeline } from './timeline.ts';
import { newestOf, type Outcome, type Watched, watch } from './watch.ts';

export interface ReleaseOptions {
  readonly kind: Release['kind'];
  /** How long to wait for the deployment. */
  readonly timeoutMinutes: number;
  /** Runs before the service is touched: if it throws, nothing has changed for clients. */
  readonly prepare: (timeline: Timeline) => Promise<void>;
}

/**
 * Throws {@link Failure} unless the image is live in the end. The ledger has the result in either
 * case.
 */
export async function release(context: Context, image: Image, options: ReleaseOptions): Promise<void> {
  const { terminal, identity, name } = context;
  const timeline = new Timeline();
  const changes = await changedSettings(context);
  const attempt = {
    kind: options.kind,
    tag: image.tag,
    digest: image.digest,
    schema: image.schema,
    who: identity.arn,
    startedAt: new Date().toISOString(),
    settings: changes.join('; '),
  };
  const end = (result: Release['result']) =>
    writeRelease(context, { ...attempt, result, seconds: timeline.seconds });
  terminal.print(`${options.kind} of ${image.tag} (${image.digest}) to ${name}`);
  terminal.print(
    `Waits for the deployment for ${options.timeoutMinutes} minutes${options.kind === 'deploy' ? `, and for pending migrations for ${RELEASE_MINUTES.migrations} before it` : ''}`,
  );
  if (changes.length > 0) terminal.print('Also changes these settings, which setup has written:');
  for (const change of changes) terminal.print(`  ${change}`);
  await warnAboutFiringAlarms(context);
  await end('started');
  try {
    await timeline.during('protect the image', () => protectImage(context, image));
    await options.prepare(timeline);
    const taskDefinition = await timeline.during('register', () =>
      registerWithImage(context, 'serve', image),
    );
    // Ctrl-C, or a lost lock.
    context.signal.throwIfAborted();
    const deployment = await timeline.during('update', () => update(context, taskDefinition));
    const outcome = await timeline.during('roll out', () =>
      watch(context, deployment, options.timeoutMinutes),
    );
    if (outcome.is !== 'live')
      throw await failureOf(context, outcome, taskDefinition, options.timeoutMinutes);
    await end('live');
  } catch (error) {
    const exit = explain(error)?.exit ?? 'fault';
    // With expired credentials this fails too, and the attempt remains `started`.
    await end(exit).catch(() => terminal.print('The result could not be written to the ledger.'));
    terminal.result({ ...attempt, result: exit, exit: EXIT[exit], phases: timeline.phases });
    throw error;
  }
  terminal.print(`${image.tag} is live on ${name} after ${timeline.seconds} s`);
  terminal.table([
    ['phase', 'seconds'],
    ...timeline.phases.map(({ phase, seconds }) => [phase, seconds.toFixed(1)]),
  ]);
  terminal.result({ ...attempt, result: 'live', exit: EXIT.done, phases: timeline.phases });
}

/** @returns the deployment that it started. */
async function update(context: Context, taskDefinition: string): Promise<Watched> {
  const definition = await readServiceDefinition(context);
  const service = await runRevision(context, definition, taskDefinition);
  await applyScaling(context, definition);
  const deployment = service && newestOf(service);
  if (deployment === undefined) throw new Error('ECS started no deployment');
  // If the newest deployment has another revision, somebody else started it.
  return { ...deployment, taskDefinition };
}

async function failureOf(
  context: Context,
  outcome: Exclude<Outcome, { is: 'live' }>,
  taskDefinition: string,
  timeoutMinutes: number,
): Promise<Failure> {
  const report = await reportFailure(context, taskDefinition);
  const why = report.map((line) => `\n  ${line}`).join('');
  switch (outcome.is) {
    case 'timedOut':
      return new Failure(
        'timedOut',
        `ECS has not finished within ${timeoutMinutes} minutes, and continues${why}`,
        'Wait for it with infra/aws-deploy.sh wait, or roll it back with infra/aws-deploy.sh abort.',
      );
    case 'failed':
      return new Failure(
        'rolledBack',
        `ECS stopped the release, and there is no earlier one to go back to: ${outcome.reason}${why}`,
        'Fix the cause and deploy again.',
      );
    case 'superseded':
      return new Failure(
        'rolledBack',
        `the release is not live: ${outcome.reason}${why}`,
        'See infra/aws-deploy.sh status.',
      );
    case 'rolledBack':
      return new Failure(
        'rolledBack',
        `ECS rolled the release back: ${outcome.reason}${why}`,
        outcome.isBack
          ? 'The previous release is live again, on all tasks.'
          : 'The rollback is still in progress: infra/aws-deploy.sh wait.',
      );
  }
}
