/**
 * The buffer writes whole lines, in order, and in time. It loses lines rather than wait for a
 * reader.
 */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLineBuffer, type LineBuffer } from '../../src/observability/line-buffer.ts';

let written: string[];
let dropped: number;
let recoveries: number[];
let buffer: LineBuffer;
/** How many bytes the reader takes before it stalls. */
let space: number;
let failure: string;

const LINE = `${'x'.repeat(1023)}\n`;
/** As many bytes. */
const WIDE_LINE = `${'Š'.repeat(511)}x\n`;

beforeEach(() => {
  vi.useFakeTimers();
  [written, dropped, recoveries, space, failure] = [[], 0, [], Number.POSITIVE_INFINITY, 'EAGAIN'];
  const write = (bytes: Buffer) => {
    if (space === 0) throw Object.assign(new Error(failure), { code: failure });
    const taken = bytes.subarray(0, space);
    space -= taken.length;
    written.push(taken.toString());
    return taken.length;
  };
  buffer = createLineBuffer(
    write,
    (count) => {
      dropped += count;
    },
    (count) => recoveries.push(count),
  );
});
afterEach(() => vi.useRealTimers());

function writeLines(count: number, text = LINE): void {
  for (let line = 0; line < count; line += 1) buffer.write(text);
}

it('writes lines together after 100 ms', () => {
  buffer.write('one\n');
  buffer.write('two\n');
  vi.advanceTimersByTime(99);
  expect(written).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(written).toEqual(['one\ntwo\n']);
  vi.advanceTimersByTime(1000);
  expect(written).toHaveLength(1);
});

it.each(['\u007f', '\u202e', 'Š\u009b'])('escapes what could control a terminal: %j', (text) => {
  buffer.write(`${JSON.stringify(text)}\n`);
  buffer.flushSync();
  expect(written.join('')).not.toContain(text);
  expect(JSON.parse(written.join(''))).toBe(text);
});

it('writes earlier when the buffer is full', () => {
  writeLines(20);
  expect(written).toEqual([LINE.repeat(16)]);
  buffer.flushSync();
  expect(written.join('')).toBe(LINE.repeat(20));
});

it('continues in the middle of a line when the reader continues', () => {
  space = 1500;
  writeLines(40);
  vi.advanceTimersByTime(1000);
  expect(written.join('')).toHaveLength(1500);
  space = Number.POSITIVE_INFINITY;
  vi.advanceTimersByTime(10);
  expect(written.join('')).toBe(LINE.repeat(40));
  expect({ dropped, recoveries }).toEqual({ dropped: 0, recoveries: [] });
});

it.each([
  ['ASCII', LINE],
  ['wide characters', WIDE_LINE],
])('keeps 1 MiB for a reader that stalls, drops later lines, and reports once how many: %s', (_, line) => {
  space = 0;
  writeLines(1100, line);
  vi.advanceTimersByTime(1000);
  expect({ dropped, recoveries }).toEqual({ dropped: 1100 - 1024, recoveries: [] });
  space = Number.POSITIVE_INFINITY;
  vi.advanceTimersByTime(1000);
  expect(written.join('')).toBe(line.repeat(1024));
  expect(recoveries).toEqual([1100 - 1024]);
});

it('drops a line that fits in characters, but not in bytes', () => {
  space = 0;
  writeLines(1023);
  writeLines(1, 'Š'.repeat(600));
  expect(dropped).toBe(1);
  space = Number.POSITIVE_INFINITY;
  buffer.flushSync();
  expect(written.join('')).toBe(LINE.repeat(1023));
});

it.each(['EPIPE', 'ENOSPC'])('drops the lines of a write that failed with %s, and continues', (code) => {
  [space, failure] = [0, code];
  writeLines(3);
  vi.advanceTimersByTime(1000);
  expect({ dropped, recoveries }).toEqual({ dropped: 3, recoveries: [] });
  space = Number.POSITIVE_INFINITY;
  writeLines(2);
  vi.advanceTimersByTime(1000);
  expect(written.join('')).toBe(LINE.repeat(2));
  expect({ dropped, recoveries }).toEqual({ dropped: 3, recoveries: [3] });
});

it('gives up at exit after half a second', () => {
  vi.useRealTimers();
  space = 0;
  writeLines(1);
  const begun = performance.now();
  buffer.finish();
  expect(performance.now() - begun).toBeGreaterThanOrEqual(500);
  expect(written).toEqual([]);
});
