/**
 * `restore`: a new database instance from a snapshot or a point in time, beside the live one, and checked. Callers notice
 * nothing; the cut-over is a person's doing (docs/run/runbook.md).
 */

import type { DBInstance } from '@aws-sdk/client-rds';
import { explain } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { checkCopy } from './restore-check.ts';
import { findInstance, type RestorePoint, requestCopy } from './restored-instance.ts';

/** Minutes that RDS may take; a hundred GB take about half an hour. */
const PATIENCE = 180;

/** What RDS does not get out of by itself: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
const LOST = /failed|error|^incompatible-|^inaccessible-|^insufficient-capacity$|^deleting$/;

/** Makes a copy, waits until it is there, and checks it. Nothing of the live instance is changed. */
export async function restore(context: Context, point: RestorePoint): Promise<void> {
  const { prefix, terminal } = context;
  const source = await findInstance(context, prefix);
  if (source === undefined)
    throw new Failure('refused', `there is no database ${prefix}`, 'Run setup first.');
  refuseImpossible(source, point);
  const target = `${prefix}-${new Date().toISOString().slice(0, 16).replaceAll(/\D/g, '')}`;
  await requestCopy(context, source, point, target);
  terminal.say(
    `RDS makes ${target}; it goes on when this is interrupted. That takes a quarter of an hour or more.`,
  );
  await waitAndCheck(context, target);
}

/** Goes on with a copy that an earlier `restore` has told RDS to make. */
export async function checkRestored(context: Context, target: string): Promise<void> {
  if ((await findInstance(context, target)) === undefined) {
    throw new Failure(
      'refused',
      `there is no database ${target}`,
      'List them: aws rds describe-db-instances --query "DBInstances[].DBInstanceIdentifier"',
    );
  }
  await waitAndCheck(context, target);
}

async function waitAndCheck(context: Context, target: string): Promise<void> {
  try {
    await checkCopy(context, target, await untilAvailable(context, target));
  } catch (error) {
    throw withWayOn(context, target, error);
  }
}

/** @returns its address. */
async function untilAvailable(context: Context, target: string): Promise<string> {
  const end = performance.now() + PATIENCE * 60_000;
  let last: string | undefined;
  for (;;) {
    const { DBInstanceStatus: status, Endpoint } = (await findInstance(context, target)) ?? {};
    if (status !== last) context.terminal.say(`${target} is ${status ?? 'gone'}`);
    if (status === 'available') return Endpoint?.Address ?? '';
    // RDS may not know it yet in the first moment; later it was deleted.
    if (LOST.test(status ?? '') || (status === undefined && last !== undefined)) {
      throw new Failure(
        'notRestored',
        `${target} is ${status ?? 'gone'}; the live database is as it was`,
        `Its events say why: aws rds describe-events --source-type db-instance --source-identifier ${target}. Delete it in RDS and restore from another point.`,
      );
    }
    last = status;
    if (performance.now() > end)
      throw new Failure('timedOut', `${target} is not available after ${PATIENCE} minutes; RDS goes on`);
    await context.pause();
  }
}

function refuseImpossible({ LatestRestorableTime }: DBInstance, point: RestorePoint): void {
  if (point === 'latest' || 'snapshot' in point) return;
  if (LatestRestorableTime !== undefined && point.time > LatestRestorableTime) {
    throw new Failure(
      'refused',
      `${point.time.toISOString()} is later than can be restored (${LatestRestorableTime.toISOString()})`,
      'Give that time or an earlier one, or --latest.',
    );
  }
}

/** The same command again would make a second copy, so whatever ends this one on the way says how to go on with the first. */
function withWayOn({ name, signal }: Context, target: string, error: unknown): unknown {
  const option = name === 'production' ? '' : ` --environment ${name}`;
  const wayOn = `infra/aws-deploy.sh restore --check ${target}${option}`;
  if (signal.aborted)
    return new Failure('interrupted', 'interrupted', `RDS goes on. Wait for it and check it: ${wayOn}`);
  const failure = explain(error);
  if (failure === undefined) return error;
  const { exit, message, advice } = failure;
  if (exit === 'notRestored') return failure;
  if (exit === 'checkFailed') return new Failure(exit, message, `${advice} To check it again: ${wayOn}`);
  const first = /Credentials$/.test(exit) ? 'Sign in again' : 'Mend that';
  return new Failure(
    // No longer before anything was changed.
    exit === 'refused' ? 'checkFailed' : exit,
    message,
    `${target} stays. ${exit === 'timedOut' ? 'Look' : first}, then: ${wayOn}`,
  );
}
