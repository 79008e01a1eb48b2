/**
 * The variants of the platform that tests look at, each synthesised once for the whole run
 * (global-setup.ts).
 */

import { ENVIRONMENTS, type Environment, type EnvironmentName } from '../../platform/environments.ts';
import type { Live } from '../../platform/live.ts';
import { OTHER_CHOICES } from './other-choices.ts';

export interface Variant {
  readonly environments: Readonly<Record<EnvironmentName, Environment>>;
  /** What runs; an environment that is not listed was never deployed. */
  readonly live: Partial<Record<EnvironmentName, Live>>;
}

/** The image that production runs in the variants with a release. */
export const LIVE_DIGEST = `sha256:${'a'.repeat(64)}`;

const live = { production: { digest: LIVE_DIGEST, tasks: 5 } };

export const VARIANTS = {
  /** Before the first release. */
  unreleased: { environments: ENVIRONMENTS, live: {} },
  /** Production serves, staging was never released. */
  live: { environments: ENVIRONMENTS, live },
  /** The same with the choices that environments.ts does not make. */
  other: { environments: OTHER_CHOICES, live },
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;
