/** `up`: `setup`, `build` and `deploy`, one after another. */

import type { Context } from '../core/context.ts';
import { build } from '../image/build.ts';
import { deploy } from '../release/deploy.ts';
import { type SetupOptions, setUp } from '../setup/setup.ts';

const PARTS = { setUp, build, deploy };

/** Throws what the three throw. Each is safe to repeat, so `up` is. */
export async function up(
  context: Context,
  { timeoutMinutes, ...options }: Omit<SetupOptions, 'suggestNext'> & { readonly timeoutMinutes: number },
  parts: typeof PARTS = PARTS,
): Promise<void> {
  await parts.setUp(context, { ...options, suggestNext: false });
  const { tag } = await parts.build(context);
  await parts.deploy(context, { tag, timeoutMinutes });
}
