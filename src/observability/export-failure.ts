/** Why traces were not exported, for the log. */

/**
 * @param told what the exporter tells: an error, or one as JSON. Either has all of the collector's answer, which may repeat the
 * credentials that it was sent, so only the message and the code are taken.
 */
export function reasonOf(told: unknown): string {
  try {
    const error: { message?: string; code?: unknown } =
      typeof told === 'string' ? JSON.parse(told) : Object(told);
    return [error.message, error.code].filter(Boolean).join(' ');
  } catch {
    return String(told);
  }
}
