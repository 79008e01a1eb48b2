/** Keeps a text of a car from changing the direction of the words around it. */

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** For a text inside a sentence. Without its invisible direction marks, which could also end an isolate. */
export function isolate(text: string): string {
  const visible = text.replace(/\p{Bidi_Control}/gu, '');
  return RIGHT_TO_LEFT.test(visible) ? `\u2068${visible}\u2069` : visible;
}
