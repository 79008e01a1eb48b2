/** Renders the tables that answer the first questions: the results beside their aims. */

import { type Results, renderTable, type Summary, USUAL_CONNECTIONS } from './report.ts';

/** The aims at 64 connections: how many times less CPU, and how many times more requests per second. */
const AIMS: Readonly<Record<string, { cpu: number; plain: number; promises: number }>> = {
  'one-id': { cpu: 3.0, plain: 2.8, promises: 2.8 },
  'first-page': { cpu: 4.0, plain: 3.2, promises: 3.2 },
  create: { cpu: 2.8, plain: 2.3, promises: 3 },
  update: { cpu: 1.8, plain: 1.8, promises: 3 },
  mixed: { cpu: 2.6, plain: 2.3, promises: 2.8 },
};

type Find = (server: string, workload: string, connections: number, away?: number) => Summary | undefined;

/** Returns Markdown: what was measured, then one table for each question. */
export function renderOverview({ machine, summary }: Results): string {
  const find: Find = (server, workload, connections, away = 0) =>
    summary.find(
      (one) =>
        one.server === server &&
        one.workload === workload &&
        one.connections === connections &&
        one.away === away,
    );
  const { commit, command, node, database, cores, rounds, seconds, rows } = machine;
  return `Measured on commit ${commit} with Node ${node.slice(1)} and ${database},
${rows.toLocaleString('en')} cars and ${cores} cores, in ${rounds} rounds of ${seconds} s:

    ${command}

### ${USUAL_CONNECTIONS} connections

${usualTable(find)}
### A distant database

Requests per second with ${USUAL_CONNECTIONS} connections, divided by those of plain Fastify and of \`fastify-promises\`.

${awayTable(find)}
### More and fewer connections

Requests per second, divided by those of plain Fastify and of \`fastify-promises\`.

${connectionsTable(find, [...new Set(summary.map(({ connections }) => connections))])}
### SQLite

This service on SQLite, beside plain Fastify with \`better-sqlite3\`. ${USUAL_CONNECTIONS} connections.

${fileTable(find)}`;
}

function usualTable(find: Find): string {
  const rows = Object.entries(AIMS).map(([workload, aim]) => {
    const ours = find('cars-api', workload, USUAL_CONNECTIONS);
    const plain = ours?.againstPlain;
    return [
      workload,
      cpu(find('fastify', workload, USUAL_CONNECTIONS)),
      cpu(find('fastify-promises', workload, USUAL_CONNECTIONS)),
      cpu(ours),
      beside(plain?.cpu, aim.cpu),
      beside(plain?.throughput, aim.plain),
      beside(ours?.againstPromises?.throughput, aim.promises),
      times(plain?.p99),
    ];
  });
  const head = ['workload', 'plain µs', 'promises µs', 'cars-api µs', 'CPU × plain (aim)'];
  return renderTable([...head, 'req/s × plain (aim)', 'req/s × promises (aim)', 'p99 × plain'], rows);
}

function awayTable(find: Find): string {
  const cell = (workload: string, away: number) =>
    ratios(find('cars-api', workload, USUAL_CONNECTIONS, away));
  const rows = Object.keys(AIMS).map((workload) => [workload, cell(workload, 1), cell(workload, 3)]);
  return renderTable(['workload', '1 ms away', '3 ms away'], rows);
}

function connectionsTable(find: Find, counts: readonly number[]): string {
  const others = counts.filter((count) => count !== USUAL_CONNECTIONS);
  const rows = Object.keys(AIMS).map((workload) => [
    workload,
    ...others.map((count) => ratios(find('cars-api', workload, count))),
  ]);
  return renderTable(
    ['workload', ...others.map((count) => `${count} connection${count === 1 ? '' : 's'}`)],
    rows,
  );
}

function fileTable(find: Find): string {
  const rows = Object.keys(AIMS).map((workload) => {
    const ours = find('cars-api-sqlite', workload, USUAL_CONNECTIONS);
    const { cpu: less, throughput } = ours?.againstPlain ?? {};
    return [
      workload,
      cpu(find('better-sqlite3', workload, USUAL_CONNECTIONS)),
      cpu(ours),
      times(less),
      times(throughput),
    ];
  });
  return renderTable(['workload', 'better-sqlite3 µs', 'cars-api µs', 'CPU × plain', 'req/s × plain'], rows);
}

/** Microseconds of the server, and of the database if it is another process. */
function cpu(one: Summary | undefined): string {
  if (one === undefined) return '';
  const database = one.databaseCpu === 0 ? '' : ` + ${one.databaseCpu.toFixed(0)}`;
  return `${one.serverCpu.toFixed(0)}${database}`;
}

function beside(value: number | undefined, aim: number): string {
  return value === undefined ? '' : `${times(value)} (${aim.toFixed(1)})`;
}

function ratios(one: Summary | undefined): string {
  const { againstPlain, againstPromises } = one ?? {};
  return [times(againstPlain?.throughput), times(againstPromises?.throughput)].filter(Boolean).join(', ');
}

/** Two decimals show whether a ratio near 1 is above it. */
function times(value: number | undefined): string {
  return value?.toFixed(value < 1.95 ? 2 : 1) ?? '';
}
