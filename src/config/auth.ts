/** Settings for authentication: how clients prove who they are, and what is public. */

import { isLoopback } from './loopback.ts';
import type { Reader, Variable } from './reader.ts';
import { hide, type Secret, showUrl } from './secret.ts';

export interface JwtConfig {
  /** Must equal the claim `iss` exactly. */
  readonly issuer: string;
  readonly audience: string;
  /** The URL of the issuer's keys; undefined to look it up in the issuer's metadata. */
  readonly jwksUrl: Secret | undefined;
  readonly algorithms: readonly string[];
  /** Seconds for which known keys are used while the issuer is unavailable. A withdrawn key works for as long. */
  readonly keysMaxAge: number;
}

/** Without `apiKeys` and `jwt` there is no authentication: every client may do everything. */
export interface AuthConfig {
  readonly apiKeys: boolean;
  readonly jwt: JwtConfig | undefined;
  /** Whether clients may read cars without a credential. */
  readonly publicRead: boolean;
  /** Whether only requests to a loopback name are accepted: without authentication, unless that is intended. */
  readonly loopbackOnly: boolean;
}

/** Asymmetric signatures only. With HS*, anyone who can verify a token can also sign one. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const DEFAULT_ALGORITHMS = 'RS256,PS256,ES256,EdDSA';

const METHODS = ['api-key', 'jwt'];
const JWT_VARIABLES = [
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'JWT_JWKS_URL',
  'JWT_ALGORITHMS',
  'JWT_KEYS_MAX_AGE',
] as const;

/**
 * @param host the address to listen on. Without authentication, any but loopback needs an explicit
 * opt-in.
 */
export function parseAuth(read: Reader, host: string): AuthConfig {
  const methods = parseMethods(read);
  const intended = read.flag('AUTH_NONE_IS_INTENDED', false);
  if (methods.length === 0 && !intended && !isLoopback(host)) {
    read.fault(
      'AUTH',
      `must be api-key, jwt or "api-key,jwt" because HOST is ${JSON.stringify(host)}, which other machines can reach; to run without authentication, set AUTH_NONE_IS_INTENDED=true`,
    );
  }
  return {
    apiKeys: methods.includes('api-key'),
    jwt: parseJwt(read, methods.includes('jwt')),
    publicRead: read.flag('PUBLIC_READ', false),
    loopbackOnly: methods.length === 0 && !intended,
  };
}

/** Returns the methods in `AUTH`: both, one or none. */
function parseMethods(read: Reader): readonly string[] {
  const text = read.text('AUTH') ?? 'none';
  if (text === 'none') return [];
  const methods = text.split(',');
  const areKnown =
    methods.every((method) => METHODS.includes(method)) && new Set(methods).size === methods.length;
  if (!areKnown)
    read.fault('AUTH', `must be none, api-key, jwt or "api-key,jwt", was ${JSON.stringify(text)}`);
  return methods;
}

function parseJwt(read: Reader, isUsed: boolean): JwtConfig | undefined {
  if (!isUsed) {
    for (const variable of JWT_VARIABLES) {
      if (read.text(variable) !== undefined) read.fault(variable, 'must not be set unless AUTH includes jwt');
    }
    return undefined;
  }
  const required = (variable: Variable) => {
    const text = read.text(variable);
    if (text === undefined) read.fault(variable, 'is required when AUTH includes jwt');
    return text ?? '';
  };
  const issuer = required('JWT_ISSUER');
  checkUrl(read, 'JWT_ISSUER');
  checkUrl(read, 'JWT_JWKS_URL');
  const jwksUrl = read.text('JWT_JWKS_URL');
  return {
    issuer,
    audience: required('JWT_AUDIENCE'),
    // Its query may contain a secret.
    jwksUrl: jwksUrl === undefined ? undefined : hide(jwksUrl),
    algorithms: parseAlgorithms(read),
    keysMaxAge: read.integer('JWT_KEYS_MAX_AGE', 3600, 600, 86_400),
  };
}

/**
 * An issuer is an https URL without query or fragment (RFC 8414, section 2), and keys fetched over
 * plain http could be forged. `fetch` rejects a URL with user and password, and its error message
 * would show them.
 */
function checkUrl(read: Reader, variable: 'JWT_ISSUER' | 'JWT_JWKS_URL'): void {
  const text = read.text(variable);
  if (text === undefined) return;
  const url = URL.parse(text);
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')));
  const isIssuer = variable !== 'JWT_ISSUER' || (url?.search === '' && url.hash === '');
  if (isSafe && isIssuer && url?.username === '' && url.password === '') return;
  const none = variable === 'JWT_ISSUER' ? 'user, password, query or fragment' : 'user or password';
  const was = showUrl(text);
  read.fault(
    variable,
    `must be an https URL (http only for loopback) without ${none}${was === undefined ? '' : `, was "${was}"`}`,
  );
}

function parseAlgorithms(read: Reader): readonly string[] {
  const names = (read.text('JWT_ALGORITHMS') ?? DEFAULT_ALGORITHMS).split(',');
  const unknown = names.filter((name) => !ALGORITHMS.includes(name));
  if (unknown.length > 0) {
    read.fault(
      'JWT_ALGORITHMS',
      `must be a comma-separated list of ${ALGORITHMS.join(', ')}; invalid: ${JSON.stringify(unknown.join(','))}`,
    );
  }
  return names;
}
