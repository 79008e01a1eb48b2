/**
 * Three services behind a load balancer are replaced one after another while clients read and
 * create.
 */
// Proves: replacement

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { makeDatabase } from '../process/databases.ts';
import { type Service, startServiceThatAdmitsAll } from '../process/start-service.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { CHECKS, startBalancer } from './balancer.ts';
import { lasting } from './duration.ts';
import { record } from './figures.ts';
import { CONNECTIONS, runWrkLoad, type WrkReport } from './wrk-load.ts';

const SERVICES = 3;
const REQUESTS = lasting({ full: 100_000, short: 30_000 });

/** Of load; more where the machine is so slow that not enough requests came about. */
const SECONDS = lasting({ full: 30, short: 5 });

/** Longer than a balancer that checks `/readyz` needs to notice, even if both checks are late. */
const DRAIN_SECONDS = '6';

async function startFleet(check: keyof typeof CHECKS) {
  const database = await makeDatabase('MySQL');
  // A second port for each, where its successor will be.
  const ports: number[] = [];
  for (let port = 0; port < 2 * SERVICES; port += 1) ports.push(await findFreePort());
  const start = async (port: number): Promise<Service> => {
    const service = await startServiceThatAdmitsAll({
      DATABASE_URL: database.url,
      PORT: String(port),
      DRAIN_SECONDS: check === 'readyz' ? DRAIN_SECONDS : '2',
      STOP_SECONDS: '30',
    });
    // Its log is read and dropped: keeping hundreds of thousands of lines costs this process what
    // it measures with.
    service.child.stdout?.removeAllListeners('data').resume();
    return service;
  };
  const services = await Promise.all(ports.slice(0, SERVICES).map(start));
  const balancer = await startBalancer(ports, check);
  onTestFinished(() => balancer.stop());
  await fetchWithRetries(`${balancer.url}/cars`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ brand: 'Seat', model: 'Ibiza', year: 1984 }),
  });
  const successors = () => ports.slice(SERVICES).map((port) => () => start(port));
  const stored = async () => Number((await database.query('SELECT COUNT(*) AS n FROM cars'))[0]?.['n']) - 1;
  return { services, successors, balancer, stored };
}

const createdOf = ({ answers }: WrkReport) => answers[201] ?? 0;

/** Answers of another status than 200 and 201, and connections that broke. */
const failuresOf = ({ answers: { 200: read = 0, 201: created = 0, ...others }, broken }: WrkReport) =>
  Object.values(others).reduce((sum, count) => sum + count, broken);

it.each(Object.keys(CHECKS) as (keyof typeof CHECKS)[])(
  'drops no request, and stores every acknowledged create exactly once, if the balancer checks: %s',
  async (check) => {
    const { services, successors, balancer, stored } = await startFleet(check);
    const reports: WrkReport[] = [];
    let replaced = false;
    const load = async () => {
      while (!replaced || reports.reduce((sum, { requests }) => sum + requests, 0) < REQUESTS)
        reports.push(await runWrkLoad(balancer.url, SECONDS));
    };
    const codes: (number | null)[] = [];
    const replaceAll = async () => {
      await sleep(2000);
      for (const [index, startSuccessor] of successors().entries()) {
        await startSuccessor();
        // Two health checks, so that the balancer knows of it.
        await sleep(1000);
        codes.push((await services[index]?.stop())?.code ?? null);
      }
      replaced = true;
    };
    await Promise.all([load(), replaceAll()]);

    const total = (pick: (report: WrkReport) => number) => reports.reduce((sum, one) => sum + pick(one), 0);
    const [requests, created, failed] = [total((one) => one.requests), total(createdOf), total(failuresOf)];
    const extra = (await stored()) - created;
    const counters = await balancer.counters();
    record(
      `three instances replaced one after another behind haproxy (${check}), ${CONNECTIONS} connections`,
      {
        requests,
        'of these, creates': created,
        failed,
        'answered after more than 2 s': total((one) => one.late),
        'cars stored whose response was still in flight at the end': extra,
        'haproxy: 5xx responses, broken responses, requests sent again to another instance':
          Object.values(counters).join(', '),
      },
    );
    expect(reports.map(failuresOf), JSON.stringify(reports)).toEqual(reports.map(() => 0));
    expect(requests).toBeGreaterThanOrEqual(REQUESTS);
    expect(codes).toEqual([0, 0, 0]);
    expect(counters).toMatchObject({
      failed: 0,
      brokenAnswers: 0,
      ...(check === 'readyz' && { redispatched: 0 }),
    });
    expect(extra).toBeGreaterThanOrEqual(0);
    expect(extra).toBeLessThanOrEqual(CONNECTIONS * reports.length);
  },
);

it('detects dropped requests: services that are killed instead do drop some', async () => {
  const { services, successors, balancer } = await startFleet('late');
  const load = runWrkLoad(balancer.url, 8);
  await sleep(1000);
  for (const [index, startSuccessor] of successors().entries()) {
    await startSuccessor();
    await sleep(500);
    await services[index]?.stop('SIGKILL');
  }
  const report = await load;
  record('control: the same, but instances are killed (SIGKILL) instead of stopped', {
    requests: report.requests,
    failed: failuresOf(report),
  });
  expect(failuresOf(report)).toBeGreaterThan(0);
});
