/** Validates requests: normalises texts, converts parameters to numbers, then applies the route's schema. */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { CAR_RULES, normaliseText, TEXT_FIELDS } from '../../cars/car.ts';
import { LIMITS } from '../limits.ts';
import { cutName, type Fault, Problem } from './problem.ts';
import { NAMED_SCHEMAS } from './schemas.ts';

type JsonObject = Record<string, unknown>;

interface ObjectSchema {
  readonly properties?: Readonly<
    Record<string, { readonly type?: string; readonly items?: { readonly type?: string } }>
  >;
}

/**
 * The most code units of a text that NFC can make short enough: it composes at most four characters into one, each of
 * two units. A longer text is rejected as it is, because composing takes quadratic time.
 */
const COMPOSABLE = 4 * 2 * CAR_RULES.textMaxLength;

/** The members that are trimmed and composed before they are validated. */
const TEXTS: readonly string[] = TEXT_FIELDS;

/** The same of parameters. */
const TEXT_PARAMETERS: readonly string[] = [...TEXT_FIELDS, 'q'];

type Checked = { value: unknown } | { error: Problem };

const ajv = new Ajv({ allErrors: true, coerceTypes: false, useDefaults: false, strict: true, verbose: true });
ajv.addFormat('uri-reference', true);
ajv.addFormat('int64', true);
ajv.addSchema(NAMED_SCHEMAS);

/** Compiles a validator for one part of a request: Fastify's `validatorCompiler`. */
export function compileValidator({
  schema,
  httpPart = '',
}: {
  schema: unknown;
  httpPart?: string;
}): (data: unknown) => Checked | true {
  if (httpPart === 'body') return compileBodyValidator(schema as object);
  const validate = ajv.compile(schema as object);
  const { properties = {} } = schema as ObjectSchema;
  if (httpPart === 'querystring') return (query) => checkQuery(validate, properties, String(query ?? ''));
  // Fastify copies all headers at each access once a validator has returned some. These are unchanged.
  if (httpPart === 'headers')
    return (headers) => validate(headers) || check(validate, headers, 'invalid-parameter');
  return (params) =>
    check(validate, readParameters(properties, Object.entries(params as JsonObject)), 'invalid-parameter');
}

/** Compiles a validator for a car in a body. */
export function compileBodyValidator(schema: object): (body: unknown) => Checked {
  const validate = ajv.compile(schema);
  return (body) => checkBody(validate, body);
}

/** The body parser ensures that a body is an object. If it is not, the request had no body. */
function checkBody(validate: ValidateFunction, body: unknown): Checked {
  if (typeof body !== 'object' || body === null) {
    return { error: new Problem('bad-request', 'The request has no body.') };
  }
  const members = body as JsonObject;
  for (const name of TEXTS) {
    const value = members[name];
    if (typeof value === 'string') members[name] = normalise(value);
  }
  return check(validate, members, 'invalid-car', surrogateFaults(members));
}

/** The texts with an unpaired surrogate, which no pattern that every regex engine understands can exclude. */
function surrogateFaults(members: JsonObject): Fault[] {
  return TEXTS.filter((name) => {
    const value = members[name];
    return typeof value === 'string' && !value.isWellFormed();
  }).map((name) => ({ pointer: `/${name}`, detail: 'must not contain an unpaired surrogate' }));
}

function normalise(text: string): string {
  return text.trim().length > COMPOSABLE ? text : normaliseText(text);
}

function checkQuery(
  validate: ValidateFunction,
  properties: NonNullable<ObjectSchema['properties']>,
  query: string,
): Checked {
  // Most requests have no query, so they skip the rest.
  if (query === '') return check(validate, Object.create(null), 'invalid-parameter');
  const pairs = query.split('&').filter((pair) => pair !== '');
  if (pairs.length > LIMITS.parameters) {
    const detail = `The query has more than ${LIMITS.parameters} parameters.`;
    return { error: new Problem('invalid-parameter', detail) };
  }
  let entries: [string, string][];
  try {
    entries = pairs.map(decodePair);
  } catch {
    return { error: new Problem('bad-request', 'The query is not valid percent-encoded UTF-8.') };
  }
  const repeated = repeatedNames(entries.filter(([name]) => properties[name]?.type !== 'array'));
  if (repeated.size > 0) {
    const errors = [...repeated]
      .slice(0, LIMITS.errorsListed)
      .map((parameter) => ({ parameter, detail: 'is repeated' }));
    return { error: new Problem('invalid-parameter', summary(errors), { errors }) };
  }
  return check(validate, readParameters(properties, entries), 'invalid-parameter');
}

/** Decodes a form-encoded name and its value. Throws if the percent-encoding or the UTF-8 is invalid. */
function decodePair(pair: string): [string, string] {
  const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
  const equals = pair.indexOf('=');
  return equals === -1 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
}

function repeatedNames(entries: readonly [string, string][]): Set<string> {
  const [seen, repeated] = [new Set<string>(), new Set<string>()];
  for (const [name] of entries) (seen.has(name) ? repeated : seen).add(name);
  return repeated;
}

/**
 * Converts canonical integers if the schema has an integer, normalises the texts of cars, and
 * collects the values of lists.
 */
function readParameters(
  properties: NonNullable<ObjectSchema['properties']>,
  entries: [string, unknown][],
): JsonObject {
  const parameters: JsonObject = Object.create(null);
  for (const [name, value] of entries) {
    const { type, items } = properties[name] ?? {};
    const read = readParameter(name, String(value), items?.type ?? type);
    const before = (parameters[name] ?? []) as unknown[];
    parameters[name] = type === 'array' ? [...before, read] : read;
  }
  return parameters;
}

function readParameter(name: string, text: string, type: string | undefined): string | number {
  if (type === 'integer' && /^(0|-?[1-9]\d*)$/.test(text)) return Number(text);
  return TEXT_PARAMETERS.includes(name) ? normalise(text) : text;
}

/** @param found faults that the schema cannot express. */
function check(
  validate: ValidateFunction,
  value: unknown,
  code: 'invalid-car' | 'invalid-parameter',
  found: readonly Fault[] = [],
): Checked {
  if (validate(value) && found.length === 0) return { value };
  // Only the first fault of a member: an empty text also breaks the pattern.
  const errors = new Map(found.map((fault) => ['pointer' in fault ? fault.pointer : '', fault]));
  for (const error of validate.errors ?? []) {
    if (errors.size === LIMITS.errorsListed) break;
    const pointer = pointerTo(error);
    const fault = code === 'invalid-car' ? { pointer } : { parameter: parameterOf(pointer) };
    const place = fault.pointer ?? fault.parameter;
    if (!errors.has(place)) errors.set(place, { ...fault, detail: explain(error) });
  }
  const listed = [...errors.values()];
  return { error: new Problem(code, summary(listed), { errors: listed }) };
}

function summary(errors: readonly Fault[]): string {
  const [first] = errors;
  if (first === undefined) return 'The request is invalid.';
  const where =
    'pointer' in first ? first.pointer || 'the body' : first.parameter || 'a parameter without a name';
  return `${where} ${first.detail}${errors.length > 1 ? `, and ${errors.length - 1} more` : ''}.`;
}

function pointerTo({ instancePath, keyword, params }: ErrorObject): string {
  if (keyword === 'required') return `${instancePath}/${params['missingProperty']}`;
  if (keyword === 'additionalProperties')
    return `${instancePath}/${escapePointer(cutName(String(params['additionalProperty'])))}`;
  return instancePath;
}

function escapePointer(member: string): string {
  return member.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The parameter that a pointer names, or one of whose values it names. */
function parameterOf(pointer: string): string {
  return (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}

function explain({ keyword, params, message, parentSchema }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
      return params['additionalProperty'] === 'id'
        ? 'is assigned by the service and must be omitted'
        : 'is not supported';
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'minLength':
      return params['limit'] === 1 ? 'must not be empty' : `must have at least ${params['limit']} characters`;
    case 'maxItems':
      return `may be repeated up to ${params['limit']} times`;
    case 'maxLength':
      return `must have at most ${params['limit']} characters`;
    case 'pattern':
      return `is invalid. Expected: ${String(parentSchema?.['description']).replace(/\.$/, '')}`;
    default:
      return message ?? 'is invalid';
  }
}
