/** Bundles the client with what it depends on, as a page does. */

import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Returns the text of one minified module. */
export async function bundleClient(): Promise<string> {
  const input = join(import.meta.dirname, '../../client/src/index.ts');
  const bundle = await rolldown({ input, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  return output[0].code;
}
