/** The alarms that roll a release back. */

import { DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../core/context.ts';
import { readServiceDefinition } from './definitions.ts';

/** Those of these alarms that fire now. */
export async function readFiringAlarms(
  { aws }: Context,
  names: readonly string[],
): Promise<readonly MetricAlarm[]> {
  if (names.length === 0) return [];
  const { MetricAlarms = [] } = await aws.cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [...names], StateValue: 'ALARM' }),
  );
  return MetricAlarms;
}

/**
 * ECS ignores all alarms during a deployment that starts while one of them fires, so that a release
 * can end an incident: https://aws.github.io/copilot-cli/docs/manifest/lb-web-service/
 */
export async function warnAboutFiringAlarms(context: Context): Promise<void> {
  const { alarms } = await readServiceDefinition(context);
  for (const { AlarmName } of await readFiringAlarms(context, alarms)) {
    context.terminal.print(
      `Warning: the alarm ${AlarmName} fires already, so no alarm will roll this release back.`,
    );
  }
}
