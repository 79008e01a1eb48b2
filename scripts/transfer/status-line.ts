/** Shows the status of a transfer on a terminal: one line that is drawn again and again, and lines above it. */

export interface StatusLine {
  /** Prints a line above the status. */
  readonly line: (text: string) => void;
  /** Shows after the status what the transfer waits for. */
  readonly trouble: (reason: string) => void;
  readonly clearTrouble: () => void;
  readonly end: () => void;
}

const REDRAW_MS = 100;
const ERASE_LINE = '\r\x1b[2K';

/** Draws the status only when `stream` is a terminal. */
export function showStatus(stream: NodeJS.WriteStream, status: () => string): StatusLine {
  let trouble = '';
  const draw = () => {
    const text = trouble === '' ? status() : `${status()}  waiting: ${trouble}`;
    // Cut, because a line that wraps cannot be erased.
    stream.write(ERASE_LINE + text.slice(0, (stream.columns || 80) - 1));
  };
  const timer = stream.isTTY ? setInterval(draw, REDRAW_MS) : undefined;
  const erase = () => timer && stream.write(ERASE_LINE);

  return {
    line(text) {
      erase();
      stream.write(`${plain(text)}\n`);
    },
    trouble(reason) {
      trouble = plain(reason);
    },
    clearTrouble() {
      trouble = '';
    },
    end() {
      clearInterval(timer);
      erase();
    },
  };
}

/** Removes control characters, because the texts come from the file and from the server. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ').slice(0, 500);
}
