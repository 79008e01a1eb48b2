/** An issuer of access tokens on this machine: its metadata, its keys, and tokens of every kind. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';

export const AUDIENCE = 'https://cars.example.com';

export interface Issuer {
  readonly url: string;
  /** How often its keys were fetched. */
  keysFetched(): number;
  /** Signs with a new key from now on, and no longer publishes the old one, unless that is wished. */
  rotate(options?: { readonly keepOld: boolean }): Promise<void>;
  /** The settings of a service that accepts its tokens. */
  readonly settings: Readonly<Record<string, string>>;
  /** A token that is good for cars:read, but for what is given; what is undefined is left out. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
    key?: CryptoKey | Uint8Array,
  ): Promise<string>;
  /** Its public key as PEM, which anybody can have. */
  publicKey(): Promise<string>;
  /** Publishes these members of the key set as well. */
  addKeys(...keys: unknown[]): void;
  /** Publishes its keys at another URL, which its metadata name, and no longer at the old one. */
  moveKeys(): void;
  /** Publishes an empty key set. */
  publishNoKeys(): void;
  /** Answers every request with this status, until it is undefined. */
  failWith(status: number | undefined): void;
  /** Answers each request so many milliseconds later. */
  slowDown(milliseconds: number): void;
  stop(): Promise<void>;
}

export async function startIssuer(alg = 'RS256'): Promise<Issuer> {
  let generation = 0;
  let current = await makeKey(alg, `key-${generation}`);
  let fetched = 0;
  let failure: number | undefined;
  let others: unknown[] = [];
  let delay = 0;
  let keysPath = '/keys';
  let isEmpty = false;
  const server = createServer((request, response) => {
    const bodies: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}${keysPath}` },
      [keysPath]: { keys: isEmpty ? [] : [...others, current.jwk] },
    };
    const path = request.url?.replace(/\?.*/, '') ?? '';
    if (path === keysPath) fetched += 1;
    const body = bodies[path];
    setTimeout(() => {
      response.writeHead(failure ?? (body === undefined ? 404 : 200), { 'content-type': 'application/json' });
      response.end(JSON.stringify(failure === undefined ? body : {}));
    }, delay);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const url = `http://127.0.0.1:${address.port}`;

  return {
    url,
    keysFetched: () => fetched,
    settings: { AUTH: 'jwt', JWT_ISSUER: url, JWT_AUDIENCE: AUDIENCE },
    async rotate({ keepOld } = { keepOld: false }) {
      if (keepOld) others = [...others, current.jwk];
      generation += 1;
      current = await makeKey(alg, `key-${generation}`);
    },
    sign(claims = {}, header = {}, key = current.privateKey) {
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss: url, aud: AUDIENCE, sub: 'ann', exp: now + 300, iat: now, scope: 'cars:read' };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg, kid: current.kid, typ: 'at+jwt', ...header })
        .sign(key);
    },
    publicKey: () => exportSPKI(current.publicKey),
    addKeys(...keys) {
      others = keys;
    },
    moveKeys() {
      keysPath = '/moved-keys';
    },
    publishNoKeys() {
      isEmpty = true;
    },
    failWith(status) {
      failure = status;
    },
    slowDown(milliseconds) {
      delay = milliseconds;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function makeKey(alg: string, kid: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { privateKey, publicKey, kid, jwk };
}
