/** Secrets that tests plant, and the search for them in whatever a process says. */

import { hash } from 'node:crypto';
import { expect } from 'vitest';

/** A secret for each setting that holds one; a new kind of secret belongs here. */
export const SECRETS = {
  DATABASE_URL: 'leak-url-7f3a',
  DATABASE_PASSWORD: 'leak-password-91bc',
  DATABASE_PASSWORD_FILE: 'leak-file-5d02',
  DATABASE_APP_PASSWORD: 'leak-app-c48e',
  JWT_ISSUER: 'leak-issuer-2e9b',
  JWT_JWKS_URL: 'leak-jwks-a61d',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'leak-collector-40fc',
  // Of OpenTelemetry's own settings, which its exporter reads by itself.
  OTEL_EXPORTER_OTLP_HEADERS: 'leak-header-d37a',
} as const;

/** Fails when a text holds one of the secrets, in whatever form. */
export function expectNoSecret(text: string, secrets: readonly string[] = Object.values(SECRETS)): void {
  for (const form of secrets.flatMap(formsOf)) expect(text.includes(form), `${form} in ${text}`).toBe(false);
}

/** As it is, percent-encoded, in hex, as a digest, and in base64 wherever in what was encoded it stood. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const digest = hash('sha256', secret, 'buffer');
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]);
    // Without the characters that depend on what stands beside it.
    const [start, end] = [before === 0 ? 0 : before + 1, Math.floor((encoded.length * 8) / 6)];
    return (['base64', 'base64url'] as const).map((form) => encoded.toString(form).slice(start, end));
  });
  return [
    ...[secret, encodeURIComponent(secret), bytes.toString('hex')],
    ...[digest.toString('hex'), digest.toString('base64'), digest.toString('base64url')],
    ...inBase64,
  ];
}

/** The parts of an API key or an access token that only its owner may know: not the id, and not the head that all tokens share. */
export function secretParts(credential: string): string[] {
  return credential.startsWith('cars_') ? [credential, credential.slice(22)] : credential.split('.').slice(1);
}
