/** `logs --follow`, against a CloudWatch that honours `startTime`. */

import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { expect, it, onTestFinished } from 'vitest';
import type { Context } from '../../program/core/context.ts';
import { logs } from '../../program/release/logs.ts';
import { startLocalAws } from '../../rehearsal/ecs/server.ts';

it('prints each line once, also lines that another task wrote earlier and CloudWatch lists later', async () => {
  const now = Date.now();
  const line = (message: string, age: number) => ({
    eventId: message,
    logStreamName: `api/api/${message}`,
    message,
    timestamp: now - age,
  });
  const events = [line('first', 5000)];
  const aws = await startLocalAws({
    services: {
      logs: (_, { startTime }) => ({ events: events.filter(({ timestamp }) => timestamp >= startTime) }),
    },
  });
  onTestFinished(() => aws.close());
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const printed: string[] = [];
  const later = [[line('late', 9000)], [line('last', 0)]];
  const context = {
    prefix: 'cars-api',
    aws: { logs: new CloudWatchLogsClient({ endpoint: aws.url, region: 'eu-central-1', credentials }) },
    terminal: { print: (text: string) => printed.push(text.replace(/^\S+ /, '')) },
    async pause() {
      const arrived = later.shift();
      if (arrived === undefined) throw new Error('the end of the test');
      events.push(...arrived);
    },
  } as unknown as Context;
  await expect(logs(context, { minutes: 10, follow: true })).rejects.toThrow('the end of the test');
  expect(printed).toEqual(['first', 'late', 'last']);
});
