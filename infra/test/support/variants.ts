/**
 * The variants of the platform that tests look at, each synthesised once for the whole run
 * (global-setup.ts).
 */

import { ENVIRONMENTS, type Environment, type EnvironmentName } from '../../platform/environments.ts';
import { ON_AURORA, ONE_ZONE_FEWER, OTHER_CHOICES } from './other-choices.ts';

export type Variant = Readonly<Record<EnvironmentName, Environment>>;

/** The subject of a repository created since 2026-07-15. */
export const SUBJECT = 'repo:example@1001/cars-api@2002';

export const VARIANTS = {
  /** As environments.ts declares them. */
  declared: ENVIRONMENTS,
  /** With the choices that environments.ts does not make. */
  other: OTHER_CHOICES,
  /** With two zones in production. */
  oneZoneFewer: ONE_ZONE_FEWER,
  /** With Aurora instead of RDS. */
  aurora: ON_AURORA,
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;
