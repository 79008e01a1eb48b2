/**
 * Does a running service do what its callers need? Asked from outside, as a caller: is it alive and ready, then the whole life of one
 * car, of which nothing is left. Exit codes: 0 it does, 1 it does not, 2 the command was wrong. `CARS_API_KEY` holds the
 * caller's key, where the service asks for one.
 *
 *     node scripts/smoke-test.ts https://cars.example.com
 */

import { createCaller } from './smoke-test/caller.ts';
import { checkService } from './smoke-test/check-service.ts';

process.exitCode = await main(process.argv.slice(2));

async function main([address = '', ...others]: readonly string[]): Promise<number> {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address) || others.length > 0) {
    process.stderr.write('usage: node scripts/smoke-test.ts URL\n');
    return 2;
  }
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    await checkService(createCaller(new URL(address), process.env['CARS_API_KEY'] || undefined), say);
    say(`${address} works`);
    return 0;
  } catch (error) {
    process.stderr.write(
      `${address} does not work: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  }
}
