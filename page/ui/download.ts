/** Saves a text as a file of the visitor. */

/** Long enough for every browser to begin to save. */
const KEPT_FOR = 60_000;

export function download(name: string, type: string, parts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_FOR);
}
