/** Makes the texts in log lines inert: no terminal obeys them, and none shows them in another order. */

/**
 * What JSON leaves as it is: DEL and the C1 controls (some terminals take U+009B for the start of a command), line separators,
 * and characters that change the direction of the text after them.
 */
const ACTIVE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** An escape sequence of JSON, without its backslash. */
const ESCAPE = /\\(u[\da-f]{4}|.)/gi;

/** Escapes active characters in a line of JSON. It remains the same JSON value. */
export function escapeActive(line: string): string {
  return line.replace(ACTIVE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Escapes a line of JSON so that control characters stay escaped even after it was parsed, to be shown to a person. */
export function escapeTwice(line: string): string {
  return escapeActive(line).replace(ESCAPE, (sequence, code) =>
    /^[ubfnr]/.test(code) ? `\\\\${code}` : sequence,
  );
}
