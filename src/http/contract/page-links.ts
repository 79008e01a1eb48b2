/** The Link header that connects pages (RFC 8288). Its URLs are relative and keep every parameter except the cursor. */

/** Entries on a page if the request has no `limit`. */
export const DEFAULT_LIMIT = 100;

/** @param next the cursor of the next page, if there is one. */
export function pageLinks(
  path: string,
  query: Readonly<Record<string, string | number>>,
  next: string | undefined,
): string {
  const { cursor: _, ...kept } = query;
  const url = (parameters: Record<string, string>) => {
    const text = new URLSearchParams(parameters).toString();
    return text === '' ? path : `${path}?${text}`;
  };
  const same = Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, String(value)]));
  const first = `<${url(same)}>; rel="first"`;
  return next === undefined ? first : `<${url({ ...same, cursor: next })}>; rel="next", ${first}`;
}
