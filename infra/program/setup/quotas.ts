/** Compares the account's quotas with what the environment needs, because new accounts have small ones. */

import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { countGateways } from '../../platform/environments.ts';
import type { Context } from '../core/context.ts';

interface Need {
  readonly what: string;
  readonly service: string;
  /** https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
  readonly quota: string;
  readonly amount: number;
}

/** Prints a warning for each quota that is too small. What else uses it is unknown. */
export async function warnAboutQuotas(context: Context): Promise<void> {
  const { aws, identity, terminal } = context;
  for (const { what, service, quota, amount } of needsOf(context)) {
    const { Quota } = await aws.quotas
      .send(new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: quota }))
      // Without the permission, or in a region that lacks the quota.
      .catch(() => ({ Quota: undefined }));
    const { Value: limit = Number.POSITIVE_INFINITY } = Quota ?? {};
    if (limit >= amount) continue;
    terminal.print(
      `Warning: the quota for ${what} is ${limit}, and up to ${amount} are needed. Ask for more:`,
    );
    terminal.print(
      `  aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${quota} --desired-value ${amount} --region ${identity.region}`,
    );
  }
}

function needsOf({ environment: { network, service } }: Context): Need[] {
  const gateways = countGateways(network);
  // A release runs the old and the new tasks at the same time.
  const vcpus = (2 * service.tasks.max * service.task.cpu) / 1024;
  return [
    { what: 'Fargate vCPUs', service: 'fargate', quota: 'L-3032A538', amount: vcpus },
    { what: 'elastic addresses', service: 'ec2', quota: 'L-0263D0A3', amount: gateways },
  ];
}
