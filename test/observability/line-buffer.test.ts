/** The buffer writes whole lines, in order, and in time. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLineBuffer, type LineBuffer } from '../../src/observability/line-buffer.ts';

let written: string[];
let buffer: LineBuffer;

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  buffer = createLineBuffer((lines) => written.push(lines));
});
afterEach(() => vi.useRealTimers());

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

it('writes earlier when the buffer is full', () => {
  const line = `${'x'.repeat(1023)}\n`;
  for (let count = 0; count < 20; count += 1) buffer.write(line);
  expect(written).toEqual([line.repeat(16)]);
  buffer.flushSync();
  expect(written.join('')).toBe(line.repeat(20));
});
