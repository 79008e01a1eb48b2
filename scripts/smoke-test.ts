/** Checks from outside that a running service works: health, readiness, and the life of one car, which it deletes. */

import { checkService } from './smoke-test/check-service.ts';
import { createClient } from './smoke-test/client.ts';

const HELP = `Usage: npm run smoke-test -- URL

Checks that a running service works: it is alive and ready, and a car can be created, read, changed and deleted.
Waits up to 60 s for the service to start, and up to 10 s for each response. Leaves no car behind.

Environment
  CARS_API_KEY  API key or access token with the scopes cars:read and cars:write. Default: none

Example
  CARS_API_KEY=cars_… npm run smoke-test -- https://cars.example.com

Exit codes
  0  the service works
  1  the service does not work; stderr shows the request that failed, and its response
  2  wrong usage
`;

process.exitCode = await main(process.argv.slice(2));

async function main([address = '', ...others]: readonly string[]): Promise<number> {
  if (address === '--help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (!/^https?:\/\//.test(address) || !URL.canParse(address) || others.length > 0) {
    process.stderr.write('smoke-test: expected one http or https URL\nTry --help.\n');
    return 2;
  }
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    await checkService(createClient(new URL(address), process.env['CARS_API_KEY'] || undefined), print);
    print(`${address} works`);
    return 0;
  } catch (error) {
    process.stderr.write(
      `${address} does not work: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  }
}
