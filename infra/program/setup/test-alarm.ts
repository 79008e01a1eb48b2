/** Sends a test alarm, because only the recipient can see whether alarms arrive. */

import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { chosen } from '../../platform/environments.ts';
import type { Context } from '../core/context.ts';

/** Asks first; without a terminal it only says how. */
export async function offerTestAlarm({ aws, environment, prefix, terminal }: Context): Promise<void> {
  // Not an alarm that stops releases.
  const AlarmName = `${prefix}-logged-errors`;
  const emails = chosen(environment.alarmEmails);
  if (emails === 'nobody') return terminal.print('Alarms reach nobody: alarmEmails in environments.ts');
  if (!terminal.canAsk) {
    return terminal.print(
      `To test that alarms arrive: aws cloudwatch set-alarm-state --alarm-name ${AlarmName} --state-value ALARM --state-reason test`,
    );
  }
  const answer = await terminal.ask(`Send a test alarm to ${emails.join(', ')}? [y/N]`);
  if (!/^y(es)?$/i.test(answer)) return;
  await aws.cloudWatch.send(
    new SetAlarmStateCommand({
      AlarmName,
      StateValue: 'ALARM',
      StateReason: 'A test by aws-deploy.sh setup',
    }),
  );
  terminal.print(
    `${AlarmName} fires now, and CloudWatch corrects it within minutes. If no e-mail arrives, confirm the subscription: AWS sent each recipient a link.`,
  );
}
