/** Secrets in a closure, so that no dump of the configuration shows them: neither `JSON.stringify` nor `util.inspect`. */

/** Gives the text to whoever needs it. */
export type Secret = () => string;

export function hide(text: string): Secret {
  return () => text;
}
