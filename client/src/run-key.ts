/** What the idempotency keys of all batches of a run start with. */

/** Leaves room for the number of the batch in the 255 characters of a key. */
const MAX_LENGTH = 230;

/** Returns printable ASCII for a name, always the same. Replaces a name that is too long by its hash. */
export function toRunKey(name: string): string {
  // The half of a character cannot be encoded.
  const encoded = /\p{Surrogate}/u.test(name) ? undefined : encodeURIComponent(name);
  return encoded !== undefined && encoded.length <= MAX_LENGTH ? encoded : `:${hash(name)}`;
}

/**
 * FNV-1a, 64 bits: `crypto.subtle` is missing on pages that were not loaded over HTTPS. Should two names have
 * one hash, the service rejects the second one's rows if they differ.
 */
function hash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at += 1)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  return `${hash.toString(36)}-${text.length}`;
}
