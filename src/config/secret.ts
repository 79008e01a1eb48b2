/** Keeps secrets in closures, so that `JSON.stringify` and `util.inspect` never show them. */

/** Returns the secret text. */
export type Secret = () => string;

export function hide(text: string): Secret {
  return () => text;
}

/**
 * Returns an http or https URL with "…" for the parts that may contain a secret: user, password,
 * query, fragment. Returns undefined for any other text, because a secret could be anywhere in it.
 */
export function showUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const { protocol, username, password, host, pathname, search, hash } = url;
  const credentials = username === '' && password === '' ? '' : '…@';
  return `${protocol}//${credentials}${host}${pathname}${search && '?…'}${hash && '#…'}`;
}
