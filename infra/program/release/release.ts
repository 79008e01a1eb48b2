/** The way that each release takes, forward or back: an image on the platform's newest task definition, watched to its end. */

import { RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { explain } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { EXIT, Failure } from '../core/exit-codes.ts';
import { reportFailure } from './failure-report.ts';
import { type Image, protectImage } from './images.ts';
import { note, type Release } from './ledger.ts';
import { findService } from './service.ts';
import { registerWithImage } from './task-definitions.ts';
import { Timeline } from './timeline.ts';
import { newestOf, type Outcome, type Watched, watch } from './watch.ts';

export interface ReleaseOptions {
  readonly kind: Release['kind'];
  /** Minutes for ECS to bring it up. */
  readonly patience: number;
  /** What comes before the service is touched: nothing has changed for callers when it throws. */
  readonly prepare: (timeline: Timeline) => Promise<void>;
}

/** Throws {@link Failure} for whatever does not end with the image live; the ledger has it by then. */
export async function release(context: Context, image: Image, options: ReleaseOptions): Promise<void> {
  const { terminal, identity, name } = context;
  const timeline = new Timeline();
  const attempt = {
    kind: options.kind,
    tag: image.tag,
    digest: image.digest,
    schema: image.schema,
    who: identity.arn,
    startedAt: new Date().toISOString(),
  };
  const end = (result: Release['result']) => note(context, { ...attempt, result, seconds: timeline.seconds });
  terminal.say(`${options.kind} of ${image.tag} (${image.digest}) to ${name}`);
  await end('started');
  try {
    await timeline.during('protect the image', () => protectImage(context, image));
    await options.prepare(timeline);
    const taskDefinition = await timeline.during('register', () =>
      registerWithImage(context, context.prefix, image),
    );
    const deployment = await timeline.during('update', () => update(context, taskDefinition));
    const outcome = await timeline.during('roll out', () => watch(context, deployment, options.patience));
    if (outcome.is !== 'live') throw await failureOf(context, outcome, taskDefinition);
    await end('live');
  } catch (error) {
    const exit = explain(error)?.exit ?? 'fault';
    // Credentials that have run out cannot note it either; the attempt stays `started` then.
    await end(exit).catch(() => terminal.say('The ledger could not be written.'));
    terminal.result({ ...attempt, result: exit, exit: EXIT[exit], phases: timeline.phases });
    throw error;
  }
  terminal.say(`${image.tag} is live on ${name} after ${timeline.seconds} s`);
  terminal.table([
    ['phase', 'seconds'],
    ...timeline.phases.map(({ phase, seconds }) => [phase, seconds.toFixed(1)]),
  ]);
  terminal.result({ ...attempt, result: 'live', exit: EXIT.done, phases: timeline.phases });
}

/** @returns the deployment that it began. */
async function update(context: Context, taskDefinition: string): Promise<Watched> {
  const { aws, environment, prefix } = context;
  const { desiredCount = 0 } = await findService(context);
  const { least, most } = environment.service.tasks;
  const isFirst = desiredCount === 0;
  if (isFirst) {
    // Until now nothing was to run, and scaling was told so: stacks/service-stack.ts.
    await aws.autoScaling.send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: 'ecs',
        ResourceId: `service/${prefix}/${prefix}`,
        ScalableDimension: 'ecs:service:DesiredCount',
        MinCapacity: least,
        MaxCapacity: most,
      }),
    );
  }
  const { service } = await aws.ecs.send(
    new UpdateServiceCommand({
      cluster: prefix,
      service: prefix,
      taskDefinition,
      // Otherwise the same revision again would be no deployment, and there would be nothing to watch.
      forceNewDeployment: true,
      // Else not a word about the number of tasks, which is scaling's to choose.
      ...(isFirst && { desiredCount: least }),
    }),
  );
  const deployment = service && newestOf(service);
  if (deployment === undefined) throw new Error('ECS has begun no deployment');
  // What is to run is said by us: a newest deployment of another revision would be another's.
  return { ...deployment, taskDefinition };
}

async function failureOf(
  context: Context,
  outcome: Exclude<Outcome, { is: 'live' }>,
  taskDefinition: string,
): Promise<Failure> {
  const report = await reportFailure(context, taskDefinition);
  const why = report.map((line) => `\n  ${line}`).join('');
  switch (outcome.is) {
    case 'timedOut':
      return new Failure(
        'timedOut',
        `ECS has not finished in time; it goes on${why}`,
        'infra/aws-deploy.sh wait watches on, abort stops it and rolls it back.',
      );
    case 'failed':
      return new Failure(
        'rolledBack',
        `ECS gave the release up, and there is none before it to go back to: ${outcome.reason}${why}`,
        'Mend it and deploy again.',
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
          ? 'The release before it is live again, on all tasks.'
          : 'ECS is still going back: infra/aws-deploy.sh wait.',
      );
  }
}
