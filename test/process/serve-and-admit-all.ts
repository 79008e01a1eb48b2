/** The program of `startServiceThatAdmitsAll`. */

import { serve } from '../../src/serve.ts';

await serve(() => () => undefined);
