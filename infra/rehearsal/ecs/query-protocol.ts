/**
 * The Query protocol of AWS's older services (STS, CloudFormation, RDS, …):
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */

import type { Document } from './handler.ts';

/** Parses `A.member.1.B=x` to `{ A: [{ B: 'x' }] }`. */
export function nest(fields: URLSearchParams): Document {
  const root: Document = {};
  for (const [key, value] of fields) {
    const path = key.split('.').filter((step) => step !== 'member');
    let place = root;
    path.forEach((step, index) => {
      const name = /^\d+$/.test(step) ? Number(step) - 1 : step;
      if (index === path.length - 1) place[name] = value;
      else {
        place[name] ??= /^\d+$/.test(path[index + 1] ?? '') ? [] : {};
        place = place[name];
      }
    });
  }
  return root;
}

const ITEM = Symbol('the name of an item');

/**
 * A list whose items have this name in XML, as in RDS: `<DBInstances><DBInstance>`. The default is
 * `member`.
 */
export function listOf<Item>(name: string, items: readonly Item[]): readonly Item[] {
  return Object.assign([...items], { [ITEM]: name });
}

export function toXml(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    const { [ITEM]: name = 'member' } = value as { [ITEM]?: string };
    return value.map((item) => `<${name}>${toXml(item)}</${name}>`).join('');
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    return Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => `<${name}>${toXml(item)}</${name}>`)
      .join('');
  }
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
