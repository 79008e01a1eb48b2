/** Who may call, and how a caller is known. */

import type { Reader, Variable } from './reader.ts';
import { hide, type Secret, showUrl } from './secret.ts';

export interface JwtConfig {
  /** The claim `iss`, letter by letter. */
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are; absent where its metadata say that. */
  readonly jwksUrl: Secret | undefined;
  readonly algorithms: readonly string[];
}

/** Without `apiKeys` and `jwt` nobody is told apart, and everybody may do everything. */
export interface AuthConfig {
  readonly apiKeys: boolean;
  readonly jwt: JwtConfig | undefined;
  /** Whether anyone may read cars. */
  readonly publicRead: boolean;
}

/** Signatures that only the issuer can make. Never `none`, and never HS*, where whoever can check can also sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const USUAL_ALGORITHMS = 'RS256,PS256,ES256,EdDSA';

const WAYS = ['api-key', 'jwt'];
const JWT_VARIABLES = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL', 'JWT_ALGORITHMS'] as const;

/** @param host where the service listens; beyond this machine, letting everybody in must be meant. */
export function parseAuth(read: Reader, host: string): AuthConfig {
  const ways = parseWays(read);
  const intended = read.flag('AUTH_NONE_IS_INTENDED', false);
  if (ways.length === 0 && !intended && !isLoopback(host)) {
    read.fault(
      'AUTH',
      `must be api-key, jwt or both where HOST is ${JSON.stringify(host)}, which others can reach; or set AUTH_NONE_IS_INTENDED=true to let everybody do everything`,
    );
  }
  return {
    apiKeys: ways.includes('api-key'),
    jwt: parseJwt(read, ways.includes('jwt')),
    publicRead: read.flag('PUBLIC_READ', false),
  };
}

/** Both, one or none. */
function parseWays(read: Reader): readonly string[] {
  const text = read.text('AUTH') ?? 'none';
  if (text === 'none') return [];
  const ways = text.split(',');
  const areKnown = ways.every((way) => WAYS.includes(way)) && new Set(ways).size === ways.length;
  if (!areKnown)
    read.fault('AUTH', `must be none, api-key, jwt or "api-key,jwt", was ${JSON.stringify(text)}`);
  return ways;
}

function parseJwt(read: Reader, isUsed: boolean): JwtConfig | undefined {
  if (!isUsed) {
    for (const variable of JWT_VARIABLES) {
      if (read.text(variable) !== undefined) read.fault(variable, 'must not be set unless AUTH names jwt');
    }
    return undefined;
  }
  const required = (variable: Variable) => {
    const text = read.text(variable);
    if (text === undefined) read.fault(variable, 'must be set where AUTH names jwt, was not');
    return text ?? '';
  };
  const issuer = required('JWT_ISSUER');
  checkUrl(read, 'JWT_ISSUER');
  checkUrl(read, 'JWT_JWKS_URL');
  const jwksUrl = read.text('JWT_JWKS_URL');
  return {
    issuer,
    audience: required('JWT_AUDIENCE'),
    // Its query may hold a secret.
    jwksUrl: jwksUrl === undefined ? undefined : hide(jwksUrl),
    algorithms: parseAlgorithms(read),
  };
}

/**
 * RFC 8414, section 2: an issuer is an https URL without query or fragment. Keys that travel in the clear could be anyone's. Who
 * asks with a user and a password is refused by fetch, and says so with the whole URL.
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
    `must be an https URL (http only for this machine) without ${none}${was === undefined ? '' : `, was "${was}"`}`,
  );
}

function parseAlgorithms(read: Reader): readonly string[] {
  const names = (read.text('JWT_ALGORITHMS') ?? USUAL_ALGORITHMS).split(',');
  const unknown = names.filter((name) => !ALGORITHMS.includes(name));
  if (unknown.length > 0) {
    read.fault(
      'JWT_ALGORITHMS',
      `must name some of ${ALGORITHMS.join(', ')}, separated by commas, had ${JSON.stringify(unknown.join(','))}`,
    );
  }
  return names;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
