/** What every error must look like, whatever layer it comes from. */

import { expect } from 'vitest';
import { PROBLEM_TYPES, type ProblemCode } from '../../src/http/contract/problem-texts.ts';
import { type Answer, parseBody } from './answer.ts';

/** A fault that the problem must list; its words may be any. */
type ListedFault = { readonly pointer: string } | { readonly parameter: string };

/** What callers must never see: stacks, SQL, names of files, of drivers and of what they connect to. */
const INTERNAL = [
  /\\n +at |node:|node_modules|\.[jt]s\b|sqlite|mysql|127\.0\.0\.1/i,
  /\b(select|insert|update|delete) .*\b(from|into|set|values)\b/i,
  /\bE[A-Z]{4,}\b|\b(ER|ERR|FST|HPE)_/,
];

/**
 * Checks all that the contract says of a problem document but its page.
 * @param faults those that `errors` must list, in this order; no member `errors` where absent.
 */
export function expectProblemDocument(answer: Answer, code: ProblemCode, faults?: readonly ListedFault[]) {
  const { status, title } = PROBLEM_TYPES[code];
  const requestId = answer.headers.get('x-request-id') ?? '';
  expect(answer).toMatchObject({ status });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expectCommonHeaders(answer);
  const { errors, ...document } = parseBody(answer) as { errors?: unknown };
  expect(document).toEqual({
    type: `/docs/problems/${code}`,
    title,
    status,
    detail: expect.stringMatching(/^\S.*[^.]\.$/s),
    instance: `urn:cars-api:request:${encodeURIComponent(requestId)}`,
  });
  const listed = faults?.map((fault) => ({ ...fault, detail: expect.stringMatching(/^\S.*[^.\s]$/s) }));
  expect(errors).toEqual(listed);
  for (const secret of INTERNAL) expect(answer.body).not.toMatch(secret);
}

/** Checks the problem document, and that its type is a page that can be read. */
export async function expectProblem(answer: Answer, code: ProblemCode, faults?: readonly ListedFault[]) {
  expectProblemDocument(answer, code, faults);
  const { type } = parseBody(answer) as { type: string };
  const page = await fetch(new URL(type, answer.origin));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain(PROBLEM_TYPES[code].title);
}

/** Checks the header fields that every answer has, and those that none may have. */
export function expectCommonHeaders({ headers }: Answer): void {
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': expect.stringMatching(/^(no-cache|no-store|max-age=\d+)$/),
    'x-request-id': expect.stringMatching(/^[\x21-\x7e]{1,128}$/),
    date: expect.stringMatching(/ GMT$/),
  });
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.has('x-powered-by')).toBe(false);
  expect(headers.has('server')).toBe(false);
}
