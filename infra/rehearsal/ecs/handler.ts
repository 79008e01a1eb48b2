/** What a service is here: something that answers its actions, or refuses as AWS would. */

// biome-ignore lint/suspicious/noExplicitAny: each action has its own shape, documented by AWS
export type Document = Record<string, any>;

/** One service: answers an action, or throws {@link AwsError}. `undefined` hands the request on. */
export type Handler = (
  action: string,
  input: Document,
) => Promise<Document | undefined> | Document | undefined;

/** What AWS answers when it refuses: `code` is the error's name in its API reference. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Members beside code and message. */
  readonly more: Document;

  constructor(code: string, message: string, status = 400, more: Document = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.more = more;
  }
}
