/** Secrets that tests plant, and the search for them in output. */

import { hash } from 'node:crypto';
import { expect } from 'vitest';

/** One secret for each setting that can contain one. Add new settings here. */
export const SECRETS = {
  DATABASE_URL: 'leak-url-7f3a',
  DATABASE_PASSWORD: 'leak-password-91bc',
  DATABASE_PASSWORD_FILE: 'leak-file-5d02',
  DATABASE_APP_PASSWORD: 'leak-app-c48e',
  JWT_ISSUER: 'leak-issuer-2e9b',
  JWT_JWKS_URL: 'leak-jwks-a61d',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'leak-collector-40fc',
  // Read by OpenTelemetry's exporter, not by our configuration.
  OTEL_EXPORTER_OTLP_HEADERS: 'leak-header-d37a',
} as const;

/** Fails when a text contains one of the secrets, plain or encoded. */
export function expectNoSecret(text: string, secrets: readonly string[] = Object.values(SECRETS)): void {
  for (const form of secrets.flatMap(formsOf)) expect(text.includes(form), `${form} in ${text}`).toBe(false);
}

/**
 * Returns the secret as plain text, percent-encoded, in hex, as digests, and in base64 at each
 * alignment.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const digest = hash('sha256', secret, 'buffer');
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]);
    // Without the characters that depend on neighbouring bytes.
    const [start, end] = [before === 0 ? 0 : before + 1, Math.floor((encoded.length * 8) / 6)];
    return (['base64', 'base64url'] as const).map((form) => encoded.toString(form).slice(start, end));
  });
  return [
    ...[secret, encodeURIComponent(secret), bytes.toString('hex')],
    ...[digest.toString('hex'), digest.toString('base64'), digest.toString('base64url')],
    ...inBase64,
  ];
}

/**
 * Returns the secret parts of an API key or access token: without the id, and without the JOSE
 * header.
 */
export function secretParts(credential: string): string[] {
  return credential.startsWith('cars_') ? [credential, credential.slice(22)] : credential.split('.').slice(1);
}
