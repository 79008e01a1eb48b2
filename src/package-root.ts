/** The folder of this package, wherever its code was put: beside it lie the migrations. */

import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** Where package.json is: above src/, and above dist/ in the image. */
export const packageRoot = dirname(findPackageJSON(import.meta.url) ?? import.meta.filename);
