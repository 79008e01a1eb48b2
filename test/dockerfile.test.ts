/** What the Dockerfile says is so, as far as it can be told without building it. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const dockerfile = readFileSync('Dockerfile', 'utf8');

it.each(['mysql', 'sqlite'])(
  'a plain docker build labels the image with the newest migration of %s',
  (engine) => {
    const newest = Number(readdirSync(`migrations/${engine}`).sort().at(-1)?.slice(0, 4));
    expect(/^ARG SCHEMA_VERSION=(\d+)$/m.exec(dockerfile)?.[1]).toBe(String(newest));
  },
);
