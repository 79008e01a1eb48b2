/** The picture of a rehearsal: each task as a bar in the colour of its state, below them requests a second and errors. */

import type { Sample, TaskState } from './recorder.ts';

interface Span {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly exit: number;
}

const COLOURS: Readonly<Record<TaskState, string>> = {
  starting: '#bdbdbd',
  initial: '#ffd54f',
  healthy: '#66bb6a',
  unhealthy: '#e53935',
  draining: '#42a5f5',
  stopping: '#8d6e63',
};

const WIDTH = 1600;
const LEFT = 150;
const RIGHT = 20;
const HEAD = 96;
const ROW = 16;
const GRAPH = 120;
const FONT = 'font-family="Helvetica, Arial, sans-serif"';

export function drawTimeline(
  samples: readonly Sample[],
  tags: ReadonlyMap<string, string>,
  acts: readonly Span[],
): string {
  const end = samples.at(-1)?.at ?? 1;
  const x = (at: number) => LEFT + (at / end) * (WIDTH - LEFT - RIGHT);
  const ids = [...tags.keys()];
  const graphTop = HEAD + ids.length * ROW + 30;
  const height = graphTop + 2 * (GRAPH + 40);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ${FONT}>`,
    '<title>A rehearsal: tasks, the states of their targets, requests and errors a second</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...drawLegend(),
    ...acts.map((act, index) => drawAct(act, index, x, height)),
    ...acts.map((act, index) => drawTitle(act, index, x)),
    ...ids.flatMap((id, row) => drawTask(id, tags.get(id) ?? '', HEAD + row * ROW, samples, x)),
    ...drawGraph(
      'requests a second',
      graphTop,
      '#1e88e5',
      samples.map(({ at, rate }) => ({ at, value: rate })),
      x,
    ),
    ...drawGraph(
      'errors (5xx) a second',
      graphTop + GRAPH + 40,
      '#e53935',
      samples.map(({ at, errors }, index) => ({ at, value: errors / (at - (samples[index - 1]?.at ?? 0)) })),
      x,
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function drawLegend(): string[] {
  return Object.entries(COLOURS).flatMap(([state, colour], index) => [
    `<rect x="${LEFT + index * 110}" y="10" width="14" height="14" fill="${colour}"/>`,
    `<text x="${LEFT + index * 110 + 20}" y="22" font-size="13">${state}</text>`,
  ]);
}

function drawAct({ from, to }: Span, index: number, x: (at: number) => number, height: number): string {
  return `<rect x="${x(from).toFixed(1)}" y="32" width="${(x(to) - x(from)).toFixed(1)}" height="${height - 40}" fill="${index % 2 === 0 ? '#f5f5f5' : '#eceff1'}"/>`;
}

/** Titles go over one another in three lines, as acts may be short; those of the last acts end where the picture does. */
function drawTitle({ title, from, exit }: Span, index: number, x: (at: number) => number): string {
  const label = `${title} (${exit})`.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const isLate = x(from) > WIDTH * 0.8;
  const at = isLate ? WIDTH - RIGHT : x(from) + 3;
  return `<text x="${at.toFixed(1)}" y="${46 + (index % 3) * 16}" font-size="12" fill="#37474f"${isLate ? ' text-anchor="end"' : ''}>${label}</text>`;
}

function drawTask(
  id: string,
  tag: string,
  y: number,
  samples: readonly Sample[],
  x: (at: number) => number,
): string[] {
  const bars: string[] = [];
  let from: Sample | undefined;
  for (const sample of [...samples, undefined]) {
    const state = sample?.tasks[id];
    const before = from?.tasks[id];
    if (state === before && sample !== undefined) continue;
    if (from !== undefined && before !== undefined) {
      const to = sample?.at ?? samples.at(-1)?.at ?? from.at;
      bars.push(
        `<rect x="${x(from.at).toFixed(1)}" y="${y + 2}" width="${Math.max(1, x(to) - x(from.at)).toFixed(1)}" height="${ROW - 4}" fill="${COLOURS[before]}"/>`,
      );
    }
    from = sample;
  }
  return [
    `<text x="8" y="${y + 12}" font-size="11">${id.slice(0, 6)} ${tag.replace(/^image-/, '')}</text>`,
    ...bars,
  ];
}

function drawGraph(
  title: string,
  top: number,
  colour: string,
  points: readonly { readonly at: number; readonly value: number }[],
  x: (at: number) => number,
): string[] {
  const most = Math.max(1, ...points.map(({ value }) => value));
  const y = (value: number) => top + GRAPH - (value / most) * GRAPH;
  const line = points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return [
    `<text x="8" y="${top + 12}" font-size="12">${title}</text>`,
    `<text x="8" y="${top + 28}" font-size="11" fill="#607d8b">at most ${Math.round(most).toLocaleString('en')}</text>`,
    `<line x1="${LEFT}" y1="${top + GRAPH}" x2="${WIDTH - RIGHT}" y2="${top + GRAPH}" stroke="#b0bec5"/>`,
    `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.2"/>`,
  ];
}
