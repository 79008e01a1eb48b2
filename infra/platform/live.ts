/** What runs now: read from AWS by `aws-deploy.sh`, so that no change of the platform resets what a release or the scaling did. */

export interface Live {
  /** `sha256:…`; absent before the first release. */
  readonly digest?: string;
  /** How many tasks ECS is told to run. */
  readonly tasks: number;
}

/** Of an environment that was never deployed to: no task, until the first `deploy` raises them to the least. */
export const NOTHING_LIVE: Live = { tasks: 0 };

/** @param context what `--context live.ENVIRONMENT=DIGEST,TASKS` gave. Throws when it is something else. */
export function parseLive(context: unknown): Live {
  if (context === undefined) return NOTHING_LIVE;
  const [, digest, tasks] = /^(sha256:[0-9a-f]{64})?,(\d{1,4})$/.exec(String(context)) ?? [];
  if (tasks === undefined)
    throw new Error(`live must be "sha256:…,TASKS" or ",0", was ${JSON.stringify(context)}`);
  return { ...(digest !== undefined && { digest }), tasks: Number(tasks) };
}
