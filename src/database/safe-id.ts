/** The ids that JavaScript's numbers hold exactly. */

/** An id is 2^53 or more. The message says which. */
export class UnsafeIdError extends Error {
  override name = 'UnsafeIdError';
}

/**
 * Returns an id that a driver has read. Throws {@link UnsafeIdError} if it is 2^53 or more:
 * a rounded id would name another row.
 */
export function safeId(id: unknown): number {
  if (!Number.isSafeInteger(id)) throw new UnsafeIdError(`the id ${String(id)} is 2^53 or more`);
  return id as number;
}
