/** When each alarm fires, computed as CloudWatch does; and that it reaches its recipients. */

import { describe, expect, it } from 'vitest';
import { ENVIRONMENTS, prefixOf } from '../../platform/environments.ts';
import { stacksOf } from '../../platform/platform.ts';
import { countedParts } from '../../program/setup/cost.ts';
import { statementsOf } from '../support/statements.ts';
import { readVariant } from '../support/synthesised.ts';

const names = Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[];
const platforms = [readVariant('declared'), readVariant('other'), readVariant('aurora')];

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
  const { MetricStat } = properties.Metrics?.find((each: object) => 'MetricStat' in each) ?? {};
  const length = (properties.Period ?? MetricStat.Period) / 60;
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
    ['target-5xx', 'two of three minutes have more than 1 % of errors', [1.1, 0, 1.1], true],
    ['target-5xx', 'one minute has many errors', [0, 50, 0], false],
    ['target-5xx', 'each minute has 1 %', [1, 1, 1], false],
    ['canary', 'three of five calls fail', [1, 0, 1, 0, 1], true],
    ['canary', 'two of five calls fail', [1, 0, 0, 0, 1], false],
    ['canary', 'it does not run', of(5, NONE), true],
    ['blocked-requests', 'a flood is blocked', of(5, 201), true],
    ['blocked-requests', 'a scanner is blocked', of(5, 20), false],
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

  const COPIES = ['backup-failed', 'copy-failed', 'restore-test-failed'];
  it.each(name === 'production' ? COPIES : [])('%s, when one job of the last hour failed', (kind) => {
    expect(fires(alarm(kind), [1, ...of(59, NONE)])).toBe(true);
    expect(fires(alarm(kind), of(60, NONE))).toBe(false);
  });

  it('costs as much as `plan` says', () => {
    const resources = platforms[0]?.resources.filter(({ stack }) => stacksOf(prefixOf(name)).includes(stack));
    const of = (type: string) => (resources ?? []).filter((resource) => resource.type === type);
    const metrics = of('AWS::CloudWatch::Alarm').map(({ properties }) =>
      properties.Metrics === undefined
        ? 1
        : properties.Metrics.filter((each: object) => 'MetricStat' in each).length,
    );
    expect({
      alarmMetrics: metrics.reduce((sum, each) => sum + each, 0),
      compositeAlarms: of('AWS::CloudWatch::CompositeAlarm').length,
      firewallRules: of('AWS::WAFv2::WebACL')[0]?.properties.Rules.length,
    }).toEqual(countedParts(ENVIRONMENTS[name]));
  });

  it('has a case for every alarm', () => {
    const alarms = platforms[0]?.of('AWS::CloudWatch::Alarm', `${prefixOf(name)}-service`) ?? [];
    expect(alarms.filter(({ properties }) => properties.AlarmActions)).toHaveLength(13);
  });

  describe('the objectives', () => {
    const { availability, latency } = ENVIRONMENTS[name].objectives;
    const allowed = { availability: 100 - availability, latency: 100 - latency.percent };

    /** Whether an alarm fires, given the requests and bad ones of each minute, newest last. */
    function alerts(
      objective: keyof typeof allowed,
      speed: 'fast' | 'slow',
      minutes: readonly { readonly all: number; readonly bad: number }[],
    ): boolean {
      const windows = { fast: [60, 5], slow: [360, 30] }[speed];
      return windows.every((length) => {
        const properties = alarm(`slo-${objective}-${speed}-${length}m`);
        const sum = (key: 'all' | 'bad') =>
          minutes.slice(-length).reduce((total, minute) => total + minute[key], 0);
        const [all, bad] = [sum('all'), sum('bad')];
        const values =
          objective === 'availability'
            ? { requests: all, fromTasks: bad || NONE, fromBalancer: NONE }
            : { requests: all || NONE, inTime: all === 0 ? NONE : 100 - (100 * bad) / all };
        for (const { MetricStat } of properties.Metrics)
          if (MetricStat !== undefined) expect(MetricStat.Period).toBe(length * 60);
        const value = evaluate(properties.Metrics[0].Expression, values);
        return value !== NONE && value > properties.Threshold;
      });
    }
    const traffic = (count: number, share: number, all = 1000) =>
      Array.from({ length: count }, () => ({ all, bad: (all * share) / 100 }));

    it.each(['availability', 'latency'] as const)('%s: alert on what would use up the month', (objective) => {
      const share = allowed[objective];
      const quiet = traffic(360, 0);
      // At twenty times the allowed rate, the month's allowance lasts a day and a half.
      const hours = [...quiet, ...traffic(60, Math.min(20 * share, 100))];
      expect(alerts(objective, 'fast', hours)).toBe(true);
      // It is over: the short window is good again.
      expect(alerts(objective, 'fast', [...hours, ...traffic(5, 0)])).toBe(false);
      // A minute does not matter.
      expect(alerts(objective, 'fast', [...quiet, ...traffic(1, 20 * share)])).toBe(false);
      expect(alerts(objective, 'slow', traffic(360, 7 * share))).toBe(true);
      expect(alerts(objective, 'fast', traffic(360, 7 * share))).toBe(false);
      // Exactly what is allowed.
      expect(alerts(objective, 'slow', traffic(360, share))).toBe(false);
      // A few of very few requests.
      expect(alerts(objective, 'fast', traffic(60, 100, 0.2))).toBe(false);
      expect(alerts(objective, 'fast', traffic(60, 0, 0))).toBe(false);
    });

    it('availability: alert when no task is there, so that only the load balancer answers', () => {
      for (const length of [60, 5]) {
        const { Metrics, Threshold } = alarm(`slo-availability-fast-${length}m`);
        const values = { requests: NONE, fromTasks: NONE, fromBalancer: 500 };
        expect(evaluate(Metrics[0].Expression, values)).toBeGreaterThan(Threshold);
      }
    });

    it.each(['availability', 'latency'] as const)('%s: alert when both windows are bad', (objective) => {
      const composites =
        platforms[0]?.of('AWS::CloudWatch::CompositeAlarm', `${prefixOf(name)}-service`) ?? [];
      const rules = composites.filter(({ properties }) => properties.AlarmName.includes(objective));
      expect(rules).toHaveLength(2);
      for (const { properties } of rules)
        expect(JSON.stringify(properties.AlarmRule)).toMatch(/ALARM\(.*AND ALARM\(/);
    });
  });

  it('target-5xx counts the share of requests, and ignores a few', () => {
    const [{ Expression }] = alarm('target-5xx').Metrics;
    expect(evaluate(Expression, { errors: 30, requests: 1000 })).toBe(3);
    expect(evaluate(Expression, { errors: 19, requests: 20 })).toBe(0);
    expect(evaluate(Expression, { errors: NONE, requests: 1000 })).toBe(NONE);
  });

  it('latency-p99 ignores minutes with so few requests that one of them decides', () => {
    const metrics = alarm('latency-p99').Metrics ?? [];
    expect(metrics).toHaveLength(3);
    const [{ Expression }] = metrics;
    expect(evaluate(Expression, { p99: 1.5, requests: 1000 })).toBe(1.5);
    expect(evaluate(Expression, { p99: 30, requests: 99 })).toBe(0);
    expect(evaluate(Expression, { p99: 30, requests: 100 })).toBe(30);
    expect(evaluate(Expression, { p99: NONE, requests: NONE })).toBe(NONE);
    for (const { MetricStat } of metrics) if (MetricStat !== undefined) expect(MetricStat.Period).toBe(60);
  });
});

/**
 * The value of a metric math expression, as far as our alarms use it; undefined if a metric that it
 * does not fill has no data.
 */
function evaluate(
  expression: string,
  values: Readonly<Record<string, number | undefined>>,
): number | undefined {
  const filled = expression.replaceAll(/FILL\((\w+), 0\)/g, (_, metric: string) =>
    String(values[metric] ?? 0),
  );
  const code = filled.replaceAll(/\b[a-z]\w*\b/g, (metric) => {
    expect(Object.keys(values)).toContain(metric);
    return values[metric] === undefined ? 'NaN' : String(values[metric]);
  });
  const IF = (condition: boolean, yes: number, no: number) => (condition ? yes : no);
  const value: number = new Function('IF', `return ${code}`)(IF);
  return Number.isNaN(value) ? NONE : value;
}

/** The services that send to a topic, by the type of the resource that names it. */
const SENDERS: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'cloudwatch.amazonaws.com',
  'AWS::RDS::EventSubscription': 'events.rds.amazonaws.com',
  'AWS::CloudWatch::CompositeAlarm': 'cloudwatch.amazonaws.com',
  'AWS::Budgets::Budget': 'budgets.amazonaws.com',
};

/** Whose requests to KMS name the account; a condition on it would drop the messages of others. */
const NAMES_ACCOUNT_TO_KMS = ['cloudwatch.amazonaws.com'];

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
              JSON.stringify(conditions) ===
                JSON.stringify(
                  action === 'sns:Publish' || NAMES_ACCOUNT_TO_KMS.includes(SENDERS[type] ?? '')
                    ? OWN_ACCOUNT
                    : {},
                ),
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
        ['AlarmActions', 'OKActions', 'SnsTopicArn', 'NotificationsWithSubscribers'].some(
          (key) => key in properties,
        ),
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
