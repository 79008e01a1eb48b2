/** Waits for an operation to fail. */

/** Resolves with the error. Fails if the operation succeeds. */
export async function failureOf(operation: Promise<unknown>): Promise<unknown> {
  try {
    await operation;
  } catch (error) {
    return error;
  }
  throw new Error('the operation succeeded');
}
