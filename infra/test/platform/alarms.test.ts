/** When each alarm fires, computed as CloudWatch does; and that it reaches its recipients. */

import { describe, expect, it } from 'vitest';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { statementsOf } from '../support/statements.ts';
import { readVariant } from '../support/synthesised.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platforms = [readVariant('declared'), readVariant('other')];

/** Missing data. */
const NONE = undefined;

/**
 * Whether an alarm fires, given its metric of each minute, newest last. A period of several minutes
 * has their sum, as the metrics of such alarms do.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
function fires(
  // biome-ignore lint/suspicious/noExplicitAny: the properties of a resource
  properties: any,
  minutes: readonly (number | undefined)[],
): boolean {
  const length = properties.Period / 60;
  const points = Array.from({ length: properties.EvaluationPeriods }, (_, index) => {
    const end = minutes.length - index * length;
    const known = minutes.slice(Math.max(0, end - length), Math.max(0, end)).filter((each) => each !== NONE);
    return known.length === 0 ? NONE : known.reduce((sum, each) => sum + each, 0);
  });
  const breaching = points.filter((point) => {
    if (point === NONE) return properties.TreatMissingData === 'breaching';
    const { ComparisonOperator: operator, Threshold: threshold } = properties;
    return operator === 'LessThanThreshold' ? point < threshold : point > threshold;
  });
  return breaching.length >= properties.DatapointsToAlarm;
}

describe.each(names)('in %s', (name) => {
  const alarm = (kind: string) =>
    platforms[0]
      ?.of('AWS::CloudWatch::Alarm', prefixOf(name))
      .find(({ properties }) => properties.AlarmName === `${prefixOf(name)}-${kind}`)?.properties;
  const { min } = ENVIRONMENTS[name].service.tasks;
  const of = (count: number, value: number | undefined) => Array.from({ length: count }, () => value);

  it.each<[kind: string, when: string, minutes: (number | undefined)[], fires: boolean]>([
    ['tasks-below-min', 'one task is missing for five minutes', of(5, min - 1), true],
    ['tasks-below-min', 'one task was missing for four minutes', [min, ...of(4, min - 1)], false],
    ['tasks-below-min', 'no task runs at all, so that there is no data', of(5, NONE), true],
    ['tasks-below-min', 'the minimum runs', of(5, min), false],
    ['task-restarts', 'three tasks exited in ten minutes', [1, ...of(4, NONE), 1, ...of(3, NONE), 1], true],
    ['task-restarts', 'two tasks exited in ten minutes', [1, ...of(8, NONE), 1], false],
    ['task-restarts', 'three tasks exited, one of them earlier', [1, ...of(9, NONE), 1, 1], false],
    ['task-restarts', 'no task exited', of(10, NONE), false],
    ['target-5xx', 'two of three minutes have more than 20 errors', [21, 0, 21], true],
    ['target-5xx', 'one minute has many errors', [0, 500, 0], false],
    ['target-5xx', 'each minute has 20 errors', [20, 20, 20], false],
    ['load-balancer-5xx', 'two of three minutes have more than 20 errors', [21, NONE, 21], true],
    ['latency-p99', 'three of five minutes are slow', [1.1, 0, 1.1, 0, 1.1], true],
    ['latency-p99', 'nobody asks', of(5, NONE), false],
    ['unhealthy-hosts', 'a task is unhealthy for three minutes', [1, 1, 1], true],
    ['unhealthy-hosts', 'a task was unhealthy for two minutes', [0, 1, 1], false],
    ['service-cpu', 'tasks use 86 % for ten minutes', of(10, 86), true],
    ['service-cpu', 'one of ten minutes was calm', [80, ...of(9, 99)], false],
    ['service-memory', 'tasks use 86 % for ten minutes', of(10, 86), true],
    ['database-cpu', 'it uses 81 % for ten minutes', of(10, 81), true],
    ['database-connections', 'as many as all tasks may hold twice', of(5, 0), false],
    ['database-storage', 'it is full for 15 minutes', of(15, 0), true],
    ['logged-errors', 'one error is logged', [1], true],
    ['logged-errors', 'nothing is logged', [NONE], false],
  ])('%s, when %s', (kind, _, minutes, expected) => {
    expect(fires(alarm(kind), minutes)).toBe(expected);
  });

  it('has a case for every alarm', () => {
    expect(platforms[0]?.of('AWS::CloudWatch::Alarm', `${prefixOf(name)}-service`)).toHaveLength(12);
  });
});

/** The services that send to a topic, by the type of the resource that names it. */
const SENDERS: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'cloudwatch.amazonaws.com',
  'AWS::RDS::EventSubscription': 'events.rds.amazonaws.com',
  'AWS::Budgets::Budget': 'budgets.amazonaws.com',
  'AWS::Backup::BackupVault': 'backup.amazonaws.com',
};

describe('a notification', () => {
  const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };

  it('may be sent by every service that names the topic, and encrypted with its key', () => {
    for (const platform of platforms) {
      const statements = statementsOf(platform).filter(({ effect }) => effect === 'Allow');
      const sending = platform.resources.filter((resource) =>
        /Ref(Alerts)?Topic|AlertsTopic/.test(JSON.stringify(resource.properties)),
      );
      const senders = sending.filter(({ type }) => type in SENDERS);
      expect(senders.length).toBeGreaterThan(20);
      for (const { type, stack } of senders) {
        const prefix = stack.replace(/-\w+$/, '');
        const allows = (kind: RegExp, action: string) =>
          statements.some(
            ({ of, actions, principal, conditions }) =>
              kind.test(of.replace(`${prefix}-base `, '')) &&
              actions.includes(action) &&
              JSON.stringify(principal).includes(`"${SENDERS[type]}"`) &&
              JSON.stringify(conditions) === JSON.stringify(OWN_ACCOUNT),
          );
        expect(allows(/^AlertsTopicPolicy/, 'sns:Publish'), `${type} in ${stack}`).toBe(true);
        expect(allows(/^AlertsKey/, 'kms:GenerateDataKey*'), `${type} in ${stack}`).toBe(true);
        expect(allows(/^AlertsKey/, 'kms:Decrypt'), `${type} in ${stack}`).toBe(true);
      }
    }
  });

  it('goes to no other topic, and every resource that sends one is of a known type', () => {
    for (const platform of platforms) {
      const named = platform.resources.filter(({ properties }) =>
        ['AlarmActions', 'OKActions', 'SnsTopicArn', 'Notifications'].some((key) => key in properties),
      );
      expect(named.length).toBeGreaterThan(20);
      for (const { type, properties } of named) {
        expect(Object.keys(SENDERS)).toContain(type);
        for (const action of [properties.AlarmActions ?? [], properties.OKActions ?? []].flat())
          expect(JSON.stringify(action)).toMatch(/AlertsTopic/);
      }
    }
  });
});
