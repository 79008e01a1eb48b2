/** The live image and task count: read from AWS, so that a platform change resets neither. */

export interface Live {
  /** `sha256:…`; absent before the first release. */
  readonly digest?: string;
  /** The service's desired count. */
  readonly tasks: number;
}

/** Before the first release: no tasks, until the first `deploy` raises them to the minimum. */
export const NOTHING_LIVE: Live = { tasks: 0 };

/**
 * @param context the value of `--context live.ENVIRONMENT=DIGEST,TASKS`. Throws when it has another
 * form.
 */
export function parseLive(context: unknown): Live {
  if (context === undefined) return NOTHING_LIVE;
  const [, digest, tasks] = /^(sha256:[0-9a-f]{64})?,(\d{1,4})$/.exec(String(context)) ?? [];
  if (tasks === undefined)
    throw new Error(`live must be "sha256:…,TASKS" or ",0", was ${JSON.stringify(context)}`);
  return { ...(digest !== undefined && { digest }), tasks: Number(tasks) };
}
