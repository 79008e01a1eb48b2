/** Reads an export to its end. An export that is cut continues after its last whole car. */

import { ProblemError, UnreachableError } from '../api/problem.ts';
import { LONG_WAIT, pause, send } from '../api/send.ts';
import { BYTE_ORDER_MARK } from '../ui/download.ts';

export type Format = 'csv' | 'ndjson';

interface ExportOptions {
  readonly format: Format;
  /** Whether cells that a spreadsheet would run as formulas are neutralised. */
  readonly safe: boolean;
}

/** How often an export is continued without a single car in between, which is enough for a restart of the service. */
const MAX_CUTS = 5;

/** Milliseconds before the first of these attempts. Each further one waits twice as long. */
const FIRST_WAIT = 1000;

/** Characters that are kept as texts. The browser can keep a blob on the disk. */
const MAX_TEXT = 8 * 1024 * 1024;

/** Returns the parts of the file. */
export async function exportCars(
  filter: URLSearchParams,
  { format, safe }: ExportOptions,
  report: (cars: number) => void,
  signal: AbortSignal,
): Promise<BlobPart[]> {
  const isSafe = format === 'csv' && safe;
  let parts: BlobPart[] = isSafe ? [BYTE_ORDER_MARK] : [];
  let length = 0;
  let hasHeader = false;
  let cars = 0;
  let lastId: string | undefined;
  let cuts = 0;

  for (;;) {
    const query = new URLSearchParams(filter);
    if (isSafe) query.set('safe', 'spreadsheet');
    if (lastId !== undefined) query.set('afterId', lastId);
    try {
      const response = await send(`/cars.${format}?${query}`, { signal, repeatable: false });
      let isHeader = format === 'csv';
      for await (const text of wholeLines(response)) {
        const rows = isHeader ? text.slice(text.indexOf('\n') + 1) : text;
        // A continued file has its header already.
        parts.push(hasHeader ? rows : text);
        hasHeader = true;
        length += text.length;
        if (length > MAX_TEXT) {
          parts = [new Blob(parts)];
          length = 0;
        }
        isHeader = false;
        if (rows === '') continue;
        cars += rows.split('\n').length - 1;
        lastId = lastIdOf(rows, format);
        cuts = 0;
        report(cars);
      }
      return parts;
    } catch (error) {
      if (signal.aborted || !isPassing(error) || cuts === MAX_CUTS) throw error;
      const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) : 0;
      if (asked > LONG_WAIT) throw error;
      await pause(Math.max(FIRST_WAIT * 2 ** cuts, asked * 1000), signal);
      cuts += 1;
    }
  }
}

/** Whether an error may be gone soon: the connection broke, the service asks to wait, or a proxy does not reach it. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.problem.status === 429 || error.problem.status >= 502;
}

/** The texts of a response as they arrive, each up to its last line end. No value contains one. */
async function* wholeLines({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  let rest = '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const end = rest.lastIndexOf('\n') + 1;
    if (end > 0) yield rest.slice(0, end);
    rest = rest.slice(end);
    if (done) break;
  }
  // A proxy may hide that the connection was cut.
  if (rest !== '') throw new UnreachableError('The response ends in the middle of a line.');
}

/** The id of the last car of some lines. */
function lastIdOf(text: string, format: Format): string | undefined {
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  return format === 'ndjson' ? String(JSON.parse(line).id) : /^"?(\d+)/.exec(line)?.[1];
}
