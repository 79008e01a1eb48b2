/** What a restore starts from. */

/** A snapshot, a moment, or the latest moment that RDS has. */
export type RestorePoint = { readonly snapshot: string } | { readonly time: Date } | 'latest';
