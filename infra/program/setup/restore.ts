/**
 * `restore`: copies the database, from a snapshot or a point in time, to a new instance and checks
 * the copy. The live database is not changed; switching to the copy is a manual step
 * (docs/run/restore.md).
 */

import { explain } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { checkCopy } from './restore-check.ts';
import { type RestorePoint, stateOfCopy } from './restored-cluster.ts';
import { findSource, nameOfCopy, requestCopy, type Source } from './restored-instance.ts';

/** RDS needs about half an hour for 100 GB. */
const TIMEOUT_MINUTES = 180;

/**
 * States that RDS does not leave by itself:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 */
const FAILED_STATES = /failed|error|^incompatible-|^inaccessible-|^insufficient-capacity$|^deleting$/;

/** Requests a copy, waits until it is available, and checks it. */
export async function restore(context: Context, point: RestorePoint): Promise<void> {
  const { prefix, terminal } = context;
  const source = await findSource(context, prefix);
  if (source === undefined)
    throw new Failure('refused', `there is no database ${prefix}`, 'Run infra/aws-deploy.sh setup first.');
  rejectImpossiblePoint(source, point);
  const target = nameOfCopy(prefix);
  await requestCopy(context, source, point, target);
  terminal.print(
    `RDS is creating ${target}. That takes 15 minutes or more, and continues if you interrupt this command.`,
  );
  await waitAndCheck(context, target);
}

/** Waits for and checks a copy that an earlier `restore` requested. */
export async function checkRestored(context: Context, target: string): Promise<void> {
  if ((await findSource(context, target)) === undefined) {
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
    await checkCopy(context, target, await waitUntilAvailable(context, target));
  } catch (error) {
    throw withNextStep(context, target, error);
  }
}

/** @returns its address. */
async function waitUntilAvailable(context: Context, target: string): Promise<string> {
  const end = performance.now() + TIMEOUT_MINUTES * 60_000;
  let last: string | undefined;
  for (;;) {
    const { status, address } = await look(context, target);
    if (status !== last) context.terminal.print(`${target} is ${status ?? 'deleted'}`);
    if (status === 'available') return address ?? '';
    // At first RDS may not know the instance yet; later it was deleted.
    if (FAILED_STATES.test(status ?? '') || (status === undefined && last !== undefined)) {
      throw new Failure(
        'notRestored',
        `${target} is ${status ?? 'deleted'}; the live database is unchanged`,
        `See its events: aws rds describe-events --source-type db-instance --source-identifier ${target}. Delete it in RDS and restore another point.`,
      );
    }
    last = status;
    if (performance.now() > end)
      throw new Failure(
        'timedOut',
        `${target} is not available after ${TIMEOUT_MINUTES} minutes; RDS continues`,
      );
    await context.pause();
  }
}

/** The state and the address of a copy. Continues a copy of Aurora, which takes two requests. */
async function look(context: Context, target: string): Promise<{ status?: string; address?: string }> {
  const found = await findSource(context, target);
  if (found === undefined) return {};
  if ('instance' in found) {
    const { DBInstanceStatus: status, Endpoint } = found.instance;
    return { ...(status && { status }), ...(Endpoint?.Address && { address: Endpoint.Address }) };
  }
  const status = await stateOfCopy(context, found.cluster);
  const { Endpoint: address } = found.cluster;
  return { ...(status && { status }), ...(address && { address }) };
}

function rejectImpossiblePoint(source: Source, point: RestorePoint): void {
  const { LatestRestorableTime } = 'cluster' in source ? source.cluster : source.instance;
  if (point === 'latest' || 'snapshot' in point) return;
  if (LatestRestorableTime !== undefined && point.time > LatestRestorableTime) {
    throw new Failure(
      'refused',
      `${point.time.toISOString()} is later than the latest time that can be restored (${LatestRestorableTime.toISOString()})`,
      'Give that time or an earlier one, or --latest.',
    );
  }
}

/**
 * Adds how to continue with this copy, because the same command again would create a second one.
 */
function withNextStep({ signal }: Context, target: string, error: unknown): unknown {
  const next = `infra/aws-deploy.sh restore --check ${target}`;
  if (signal.aborted)
    return new Failure(
      'interrupted',
      'interrupted',
      `RDS continues. To wait for the copy and check it: ${next}`,
    );
  const failure = explain(error);
  if (failure === undefined) return error;
  const { exit, message, advice } = failure;
  if (exit === 'notRestored') return failure;
  if (exit === 'checkFailed') return new Failure(exit, message, `${advice} To check it again: ${next}`);
  const first = /Credentials$/.test(exit) ? 'Sign in again' : 'Fix the cause';
  return new Failure(
    // `refused` means that nothing was changed, but the copy exists.
    exit === 'refused' ? 'checkFailed' : exit,
    message,
    `${target} remains. ${exit === 'timedOut' ? 'Look at it in RDS' : first}, then: ${next}`,
  );
}
