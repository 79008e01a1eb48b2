/** Texts in log lines: a terminal neither obeys them nor shows them in another order. */

import { prettyFactory } from 'pino-pretty';
import { describe, expect, it } from 'vitest';
import { escapeActive, escapeTwice } from '../../src/observability/log-text.ts';

const TEXTS = [
  '\u001b[2J\u001b]0;title\u0007',
  '\u009b2J\u0090q\u009c',
  '\u202egpj.exe\u2066\u200f\u061c',
  'a\r\n{"level":"error"}\u2028\u0085',
  '\b\b\b\u007f\u0000',
  '\\u001b \\\\u202e "quoted" <b>é中🚗',
];

const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

// Proves: text-as-code
describe.each(TEXTS)('a log line with %j', (text) => {
  const line = JSON.stringify({ level: 30, message: text, reason: text, nested: { [text]: [text] } });

  it('is the same JSON, without active characters', () => {
    expect(escapeActive(line)).not.toMatch(CONTROLS);
    expect(JSON.parse(escapeActive(line))).toEqual(JSON.parse(line));
  });

  it('is shown to people without active characters', () => {
    const shown = prettyFactory({ messageKey: 'message', colorize: false })(escapeTwice(line));
    expect(shown.replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect(shown).not.toContain('\n{"level"');
  });

  it('shows readable characters unchanged', () => {
    const readable = '{"message":"é中🚗 \\"quoted\\" C:\\\\new"}';
    expect([escapeActive(readable), escapeTwice(readable)]).toEqual([readable, readable]);
  });
});
