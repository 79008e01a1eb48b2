/** Builds the page before a suite starts, so that its tests see the current sources. */

import { execFileSync } from 'node:child_process';

export function setup(): void {
  execFileSync(process.execPath, ['scripts/build-page.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
