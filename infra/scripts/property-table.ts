/**
 * Writes docs/deploy/property-table.md: every property in the templates, AWS's requirement or
 * default that matters (aws-properties.txt), our value, and the source. With `--check` it changes
 * nothing, and fails when a property has no line, when a line has no property, or when the document
 * is outdated. It takes the environments in every variant of the tests.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { chosen, type EnvironmentName } from '../platform/environments.ts';
import { addPlatform } from '../platform/platform.ts';
import { SUBJECT, VARIANTS } from '../test/support/variants.ts';

const INFRA = join(import.meta.dirname, '..');
const DOCUMENT = join(INFRA, '../docs/deploy/property-table.md');
const isCheck = process.argv.includes('--check');

interface Row {
  readonly requirement: string;
  readonly source: string;
}

/** By type, then by property; `*` is every type. */
type Rows = ReadonlyMap<string, ReadonlyMap<string, Row>>;

const problems: string[] = [];
const rows = readRows();
const values = readValues();
for (const [type, properties] of values) {
  for (const property of properties.keys())
    if (rowOf(type, property) === undefined)
      problems.push(`aws-properties.txt has no line for ${type} ${property}`);
}
for (const [type, properties] of rows) {
  for (const property of properties.keys())
    if (type !== '*' && !values.get(type)?.has(property))
      problems.push(`aws-properties.txt has a line for ${type} ${property}, which no template has`);
}
const text = write();
if (!isCheck) writeFileSync(DOCUMENT, text);
else if (readFileSync(DOCUMENT, 'utf8') !== text)
  problems.push('docs/deploy/property-table.md is outdated: npm --prefix infra run properties');
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function rowOf(type: string, property: string): Row | undefined {
  return rows.get(type)?.get(property) ?? rows.get('*')?.get(property);
}

function readRows(): Rows {
  const found = new Map<string, Map<string, Row>>();
  let type = '';
  for (const line of readFileSync(join(INFRA, 'aws-properties.txt'), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, property, requirement = '', source] = /^(\w+): (.*?)(?: <(https:.*)>)?$/.exec(line) ?? [];
    if (property === undefined) {
      type = line;
      found.set(type, new Map());
    } else found.get(type)?.set(property, { requirement, source: source ?? referenceOf(type, property) });
  }
  return found;
}

/** The CloudFormation reference: `…/aws-resource-rds-dbinstance.html#cfn-rds-dbinstance-multiaz`. */
function referenceOf(type: string, property: string): string {
  const [, service = '', resource = ''] = type.toLowerCase().split('::');
  const name = `${service}-${resource}`;
  return `https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-${name}.html#cfn-${name}-${property.toLowerCase()}`;
}

/** The distinct values of each property, by type, in the templates of every variant. */
function readValues(): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Map<string, Set<string>>>();
  const { context } = JSON.parse(readFileSync(join(INFRA, 'cdk.json'), 'utf8'));
  for (const environments of Object.values(VARIANTS)) {
    const app = new App({ context, analyticsReporting: false });
    const zones = (name: EnvironmentName) =>
      ['a', 'b', 'c'].slice(0, Number(chosen(environments[name].network.zones)));
    addPlatform(app, { githubSubject: SUBJECT, zones, environments });
    for (const { template } of app.synth().stacks) {
      for (const { Type, Properties = {} } of Object.values<{ Type: string; Properties?: object }>(
        template.Resources,
      )) {
        const type = found.get(Type) ?? new Map<string, Set<string>>();
        found.set(Type, type);
        for (const [property, value] of Object.entries(Properties))
          type.set(property, (type.get(property) ?? new Set()).add(show(value)));
      }
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A value as far as it fits into a cell. */
function show(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return `\`${String(value).replaceAll('|', '\\|').slice(0, 60)}\``;
  const [[name, argument] = ['', ''], ...others] = Object.entries(value);
  if (others.length > 0 || Array.isArray(value)) return Array.isArray(value) ? 'a list' : 'an object';
  if (name === 'Ref' && typeof argument === 'string')
    return argument.startsWith('AWS::') ? `\`${argument}\`` : 'ours';
  return name.startsWith('Fn::') ? 'ours' : 'an object';
}

function write(): string {
  const lines = [
    '# Properties of the platform',
    '',
    'Every property in the templates, what AWS requires or assumes, and our values, in all environments',
    'and variants. `ours` is a reference to another resource. Written by `npm --prefix infra run',
    'properties` from [aws-properties.txt](../../infra/aws-properties.txt); do not edit.',
  ];
  for (const [type, properties] of values) {
    lines.push('', `## ${type}`, '', '| property | AWS | ours |', '|---|---|---|');
    for (const [property, shown] of [...properties].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const { requirement = '', source = '' } = rowOf(type, property) ?? {};
      const own = [...shown].sort();
      const few = own.length > 6 ? [...own.slice(0, 5), `and ${own.length - 5} others`] : own;
      lines.push(`| [${property}](${source}) | ${requirement} | ${few.join(', ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
