/** Lines of the log as CloudWatch reads them: by the rules of its specification, whatever the answer was. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../process/start-service.ts';
import { failStore } from '../support/fail-store.ts';
import { collectLog } from './collected-log.ts';
import { type RunningApp, startApp } from './start-app.ts';

/**
 * The schema that the specification publishes, with what it says in words: at most 100 metrics, units of MetricDatum.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const name = (maxLength: number) => ({ type: 'string', pattern: '^(.*)$', minLength: 1, maxLength });
const SCHEMA = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      properties: {
        Timestamp: { type: 'integer' },
        CloudWatchMetrics: {
          type: 'array',
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: name(255),
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: { type: 'array', minItems: 0, maxItems: 30, items: name(250) },
              },
              Metrics: {
                type: 'array',
                minItems: 1,
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name'],
                  additionalProperties: false,
                  properties: {
                    Name: name(255),
                    Unit: {
                      enum: ['Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Percent', 'Count', 'None'],
                    },
                    StorageResolution: { enum: [1, 60] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

const validate = new Ajv2020().compile(SCHEMA);
const collected = collectLog();
let app: RunningApp;
let lines: LogLine[];

beforeAll(async () => {
  app = await startApp({ METRICS: 'emf' }, { log: collected.log });
  await app.post('/cars', { brand: 'A', model: 'B', year: 2000 }, { 'x-request-id': '"_aws":{' });
  await app.get('/cars?count=exact');
  await app.get('/cars/1');
  await app.get('/cars/99');
  await app.delete('/cars/1');
  failStore(app.app.database.cars, () => new Error('a fault'));
  await app.get('/cars');
  lines = collected.lines().filter((line) => line['message'] === 'request');
});
afterAll(() => app.stop());

describe('the log line of a request on cars', () => {
  it('is a valid document of the embedded metric format', () => {
    expect(lines).toHaveLength(6);
    for (const line of lines) {
      expect(validate(line), JSON.stringify(validate.errors)).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(256 * 1024);
      const { Timestamp, CloudWatchMetrics } = line['_aws'] as {
        Timestamp: number;
        CloudWatchMetrics: Directive[];
      };
      expect(Math.abs(Timestamp - Date.now())).toBeLessThan(60_000);
      for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
        expect(Namespace).toBe('cars-api');
        for (const { Name } of Metrics) expect(Number.isFinite(line[Name]), Name).toBe(true);
        for (const dimension of Dimensions.flat()) {
          expect(line[dimension]).toEqual(expect.stringMatching(/^.{1,1024}$/));
        }
      }
    }
  });

  it('has a count of 1 and whether the request failed', () => {
    expect(lines.map((line) => line['count'])).toEqual([1, 1, 1, 1, 1, 1]);
    expect(lines.map((line) => line['errors'])).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('has dimensions with a fixed set of values, because CloudWatch charges for each', () => {
    const [{ _aws }] = lines as [{ _aws: { CloudWatchMetrics: Directive[] } }];
    expect(_aws.CloudWatchMetrics.map((directive) => directive.Dimensions)).toEqual([
      [[], ['route', 'method']],
    ]);
  });
});

it('omits health checks, pages and unknown paths from the metrics', async () => {
  collected.clear();
  for (const path of ['/healthz', '/readyz', '/docs', '/nothing']) await app.get(path);
  expect(collected.lines().map((line) => line['_aws'])).toEqual([undefined, undefined, undefined, undefined]);
});
