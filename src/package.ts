/** The folder and version of this package. */

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

const manifestFile = findPackageJSON(import.meta.url);
if (manifestFile === undefined) throw new Error('package.json is missing');

/** The folder of package.json: the parent of src/, or of dist/ in the image. */
export const packageRoot = dirname(manifestFile);

const manifest: { version: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));

/** The version of the service, from package.json. */
export const { version } = manifest;
