/** `up`: `setup`, `build` and `deploy`, one after another. */

import type { Context } from '../core/context.ts';
import { rejectUncommitted } from '../core/git.ts';
import { build } from '../image/build.ts';
import { deploy } from '../release/deploy.ts';
import { type SetupOptions, setUp } from '../setup/setup.ts';

/** Throws what the three throw. Each is safe to repeat, so `up` is. */
export async function up(
  context: Context,
  { timeoutMinutes, ...options }: SetupOptions & { readonly timeoutMinutes: number },
): Promise<void> {
  // `build` would refuse it, but only after a setup of 20 minutes.
  rejectUncommitted();
  await setUp(context, options);
  const { tag } = await build(context);
  await deploy(context, { tag, timeoutMinutes });
}
