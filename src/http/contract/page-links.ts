/** The Link header that connects pages (RFC 8288). Its URLs are relative and keep every parameter except the cursor. */

/** Entries on a page if the request has no `limit`. */
export const DEFAULT_LIMIT = 100;

type Value = string | number;

/** @param next the cursor of the next page, if there is one. */
export function pageLinks(
  path: string,
  query: Readonly<Record<string, Value | readonly Value[]>>,
  next: string | undefined,
): string {
  const same: [string, string][] = [];
  for (const [name, value] of Object.entries(query)) {
    if (name === 'cursor') continue;
    if (typeof value === 'object') for (const one of value) same.push([name, String(one)]);
    else same.push([name, String(value)]);
  }
  const url = (parameters: [string, string][]) => {
    const text = new URLSearchParams(parameters).toString();
    return text === '' ? path : `${path}?${text}`;
  };
  const first = `<${url(same)}>; rel="first"`;
  return next === undefined ? first : `<${url([...same, ['cursor', next]])}>; rel="next", ${first}`;
}
