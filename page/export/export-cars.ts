/** Reads an export to its end. An export that is cut continues after its last whole car. */

import { pause, send } from '../api/send.ts';

export type Format = 'csv' | 'ndjson';

interface ExportOptions {
  readonly format: Format;
  /** Whether cells that a spreadsheet would run as formulas are neutralised. */
  readonly safe: boolean;
}

/** How often an export is continued without a single car in between, and the wait before, in milliseconds. */
const MAX_CUTS = 5;
const WAIT = 1000;

/** Returns the parts of the file. */
export async function exportCars(
  filter: URLSearchParams,
  { format, safe }: ExportOptions,
  report: (cars: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const parts: string[] = [];
  let cars = 0;
  let lastId: string | undefined;
  let cuts = 0;

  for (;;) {
    const query = new URLSearchParams(filter);
    if (format === 'csv' && safe) query.set('safe', 'spreadsheet');
    if (lastId !== undefined) query.set('afterId', lastId);
    const response = await send(`/cars.${format}?${query}`, { signal });
    try {
      let isStart = true;
      for await (const text of wholeLines(response)) {
        const hasHeader = isStart && format === 'csv';
        isStart = false;
        // A continued file has its header already.
        const added = hasHeader && parts.length > 0 ? text.slice(text.indexOf('\n') + 1) : text;
        parts.push(added);
        cars += added.split('\n').length - (hasHeader && parts.length === 1 ? 2 : 1);
        lastId = lastIdOf(added, format) ?? lastId;
        cuts = 0;
        report(cars);
      }
      return parts;
    } catch (error) {
      cuts += 1;
      if (signal.aborted || cuts > MAX_CUTS) throw error;
      await pause(WAIT, signal);
    }
  }
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
  if (rest !== '') yield rest;
}

/** The id of the last car; undefined if there is only a header. */
function lastIdOf(text: string, format: Format): string | undefined {
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  if (format === 'ndjson') return line === '' ? undefined : String(JSON.parse(line).id);
  return /^"?(\d+)/.exec(line)?.[1];
}
