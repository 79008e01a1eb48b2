/**
 * A service here is a function that answers its actions, or throws the errors that AWS would
 * return.
 */

// biome-ignore lint/suspicious/noExplicitAny: each action has its own shape, documented by AWS
export type Document = Record<string, any>;

/** Answers an action or throws {@link AwsError}. `undefined` forwards the request. */
export type Handler = (
  action: string,
  input: Document,
) => Promise<Document | undefined> | Document | undefined;

/** A service with these actions; any other is forwarded, or unknown to the server. */
export function handlerOf(actions: Readonly<Record<string, (input: Document) => Document>>): Handler {
  return (action, input) => actions[action]?.(input);
}

/** An error of AWS: `code` is its name in the API reference. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Members besides code and message. */
  readonly more: Document;

  constructor(code: string, message: string, status = 400, more: Document = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.more = more;
  }
}
