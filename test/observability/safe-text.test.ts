/** Text of clients in the log cannot control a terminal. */
// Proves: text-as-code

import { prettyFactory } from 'pino-pretty';
import { expect, it } from 'vitest';
import { escapeControls, showControls } from '../../src/observability/safe-text.ts';

const HARMFUL = [
  ...['\u001b[2J', '\u009b2J', '\u0007', '\b', '\r', '\u007f', '\u0000'],
  ...[
    '\u202e',
    '\u2066',
    '\u200f',
    '\ufeff',
    '\u2028',
    '\u{e0041}',
    '\\\u202e',
    '\\\\\u001b',
    '\\u001b\u001b',
  ],
];

it.each([...HARMFUL, 'Škoda 🚗 "a\\b"\n\ttext'])('keeps %j in JSON, and writes it as an escape', (text) => {
  const line = `${JSON.stringify({ message: text, caller: text })}\n`;
  const escaped = escapeControls(line);
  expect(escaped).not.toMatch(/[\u007f-\u009f\p{Cf}\u2028\u2029]/u);
  expect(JSON.parse(escaped)).toEqual({ message: text, caller: text });
});

it.each(HARMFUL)('shows %j as an escape on a terminal', (text) => {
  const format = prettyFactory({ colorize: false, messageKey: 'message' });
  const line = `${JSON.stringify({ level: 'info', time: 0, message: text, caller: text, stack: text })}\n`;
  expect(format(showControls(line))).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u);
  expect(format(showControls(line))).toMatch(/\\(u[\da-f]{4}|[bfr])/);
});

it('keeps the lines of a stack trace', () => {
  expect(JSON.parse(showControls(JSON.stringify('Error: x\n\tat y "z"')))).toBe('Error: x\n\tat y "z"');
});
