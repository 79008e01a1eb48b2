/** What the browser keeps for the page. If the visitor blocks site data, each access throws: then nothing is kept. */

type Area = 'localStorage' | 'sessionStorage';

export function readKept(area: Area, name: string): string | undefined {
  try {
    return window[area].getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Without a text, forgets the one that was kept. */
export function keep(area: Area, name: string, text?: string): void {
  try {
    if (text === undefined) window[area].removeItem(name);
    else window[area].setItem(name, text);
  } catch {}
}
