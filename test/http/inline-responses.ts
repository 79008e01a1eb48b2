/** Reads an OpenAPI document with the responses and header fields that its operations share in their places. */

type Json = Readonly<Record<string, unknown>>;

export function inlineResponses(document: object): unknown {
  const { paths, ...rest } = document as { paths: Json; components: Readonly<Record<string, Json>> };
  const inline = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(inline);
    const $ref = '$ref' in value ? String(value.$ref) : '';
    const [, kind = '', name = ''] = /^#\/components\/(responses|headers)\/(.+)$/.exec($ref) ?? [];
    if (kind === '')
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inline(part)]));
    const shared = rest.components[kind]?.[name];
    if (shared === undefined) throw new Error(`the document has no ${$ref}`);
    return inline(shared);
  };
  return { ...rest, paths: inline(paths) };
}
