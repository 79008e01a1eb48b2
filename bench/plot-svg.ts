/**
 * Draws the benchmark's chart: throughput at 64 connections, relative to plain Fastify + mysql2.
 */

import { type Results, type Summary, USUAL_CONNECTIONS } from './report.ts';

/** Pixels. */
const SIZE = { width: 880, left: 150, right: 190, bar: 13, gap: 14, top: 74, bottom: 34 } as const;

const SERVERS: Readonly<Record<string, { readonly label: string; readonly colour: string }>> = {
  'cars-api': { label: 'cars-api', colour: '#0b7a75' },
  fastify: { label: 'Fastify + mysql2', colour: '#6b7a8f' },
  'fastify-promises': { label: 'with our promises', colour: '#c58a3d' },
  express: { label: 'Express + mysql2', colour: '#9aa7b8' },
  hono: { label: 'Hono + mysql2', colour: '#bcc6d2' },
  flask: { label: 'Flask + PyMySQL', colour: '#dde3ea' },
};

/** Draws one bar for each server and workload; none where requests failed. */
export function renderPlot({ machine, summary }: Results): string {
  const shown = summary.filter(
    ({ connections, away, server }) => connections === USUAL_CONNECTIONS && away === 0 && SERVERS[server],
  );
  const groups = [...Map.groupBy(shown, (one) => one.workload)];
  const longest = Math.ceil(Math.max(...shown.map(ratioOf)));
  const scale = (SIZE.width - SIZE.left - SIZE.right) / longest;

  const parts: string[] = [];
  let y: number = SIZE.top;
  for (const [workload, servers] of groups) {
    const middle = y + (servers.length * SIZE.bar) / 2 + 4;
    parts.push(text(SIZE.left - 12, middle, workload.replaceAll('-', ' '), 'end', 600));
    for (const one of servers) {
      const length = (ratioOf(one) * scale).toFixed(1);
      parts.push(
        `<rect x="${SIZE.left}" y="${y + 1}" width="${length}" height="${SIZE.bar - 2}" fill="${SERVERS[one.server]?.colour}"/>`,
      );
      const value = `${Math.round(one.requestsPerSecond).toLocaleString('en-US')}/s · ${ratioOf(one).toFixed(2)}×`;
      parts.push(text(SIZE.left + Number(length) + 6, y + SIZE.bar - 3, value, 'start', 400, 10));
      y += SIZE.bar;
    }
    y += SIZE.gap;
  }
  const height = y + SIZE.bottom;
  const lines = Array.from({ length: longest + 1 }, (_, times) => {
    const x = SIZE.left + times * scale;
    const stroke = times === 1 ? '#6b7a8f' : '#e4e8ed';
    const line = `<line x1="${x}" y1="${SIZE.top - 6}" x2="${x}" y2="${y - SIZE.gap + 4}" stroke="${stroke}"/>`;
    return line + text(x, y + 4, `${times}×`, 'middle', 400, 10);
  });

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${height}" viewBox="0 0 ${SIZE.width} ${height}" role="img" aria-label="Requests a second of each server and workload, as multiples of plain Fastify + mysql2" font-family="system-ui, sans-serif">
<rect width="${SIZE.width}" height="${height}" rx="8" fill="#fff"/>
${text(20, 28, `Requests per second at ${USUAL_CONNECTIONS} connections, plain Fastify + mysql2 = 1`, 'start', 600, 15)}
${legend()}
${[...lines, ...parts].join('\n')}
${text(20, height - 12, `${machine.cores} shared cores for server, database (${machine.database}) and load generator; Node ${machine.node}`, 'start', 400, 10)}
</svg>
`;
}

function ratioOf({ server, againstPlain }: Summary): number {
  return server === 'fastify' ? 1 : (againstPlain?.throughput ?? 0);
}

function legend(): string {
  return Object.values(SERVERS)
    .map(({ label, colour }, index) => {
      const x = 20 + index * 150;
      return `<rect x="${x}" y="42" width="11" height="11" fill="${colour}"/>${text(x + 17, 52, label, 'start', 400, 12)}`;
    })
    .join('');
}

function text(x: number, y: number, content: string, anchor: string, weight: number, size = 12): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" fill="#1f2933" paint-order="stroke" stroke="#fff" stroke-width="3">${content}</text>`;
}
