/** Serves wrongly; every other command (migrate, inspect) is the good image's own. */

import { createServer } from 'node:http';

const [command = 'serve'] = process.argv.slice(2);
const way = process.env.WAY;

if (command !== 'serve' || way === 'migration') {
  await import('/app/dist/run.js');
} else if (way === 'crash') {
  process.stderr.write('{"level":"fatal","message":"this image crashes, as the rehearsal wants"}\n');
  process.exit(1);
} else {
  // Answers that it is well when it is, and 500 to callers in any case.
  const isWell = way === 'errors';
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/healthz' ? (isWell ? 200 : 503) : 500;
    response.end(`{"status":"${response.statusCode}"}`);
  }).listen(Number(process.env.PORT ?? 5000), '0.0.0.0');
  process.once('SIGTERM', () => {
    server.close();
    server.closeIdleConnections();
  });
}
