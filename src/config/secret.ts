/** Secrets in a closure, so that no dump of the configuration shows them: neither `JSON.stringify` nor `util.inspect`. */

/** Gives the text to whoever needs it. */
export type Secret = () => string;

export function hide(text: string): Secret {
  return () => text;
}

/**
 * An http or https URL as it may be shown, with "…" for each part that may hold a secret: user and password, query, fragment.
 * Undefined for any other text, of which nobody can tell where in it a secret stands.
 */
export function showUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const { protocol, username, password, host, pathname, search, hash } = url;
  const credentials = username === '' && password === '' ? '' : '…@';
  return `${protocol}//${credentials}${host}${pathname}${search && '?…'}${hash && '#…'}`;
}
