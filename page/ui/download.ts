/** Saves a text as a file of the visitor. */

/** Long enough for every browser to begin to save. */
const KEPT_FOR = 60_000;

/** Starts a CSV file for spreadsheets. Excel reads a file without it in another encoding than UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';

export function download(name: string, type: string, parts: readonly BlobPart[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_FOR);
}
