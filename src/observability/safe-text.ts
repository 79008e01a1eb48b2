/**
 * Makes text from clients harmless on a terminal: control characters could move the cursor, and
 * bidirectional ones could make a line read as something else.
 */

/** Control and format characters that `JSON.stringify` does not escape. */
const RAW = /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/**
 * The same, and what it does escape, except line feed and tab. A pair of backslashes is a
 * backslash.
 */
const ESCAPED_OR_RAW = /\\\\|\\[bfr]|\\u00[01][\da-f]|[\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/** Returns the same JSON, with these characters escaped. */
export function escapeControls(json: string): string {
  return json.replace(RAW, escapeCharacter);
}

/** Returns JSON whose texts contain the escapes instead of the characters. */
export function showControls(json: string): string {
  return json.replace(ESCAPED_OR_RAW, (found) => {
    if (found === '\\\\') return found;
    return (found.startsWith('\\') ? found : escapeCharacter(found)).replaceAll('\\', '\\\\');
  });
}

/** One escape for each UTF-16 code unit, as JSON has them. */
function escapeCharacter(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}
