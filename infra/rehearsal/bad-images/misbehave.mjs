/** Fails when it serves, in the way that MODE says; every other command is the good image's. */

import { createServer } from 'node:http';

const [command = 'serve'] = process.argv.slice(2);
const mode = process.env.MODE;

if (command !== 'serve' || mode === 'migration') {
  await import('/app/dist/run.js');
} else if (mode === 'crash') {
  process.stderr.write('{"level":"fatal","message":"this image crashes on purpose"}\n');
  process.exit(1);
} else {
  // Answers every request with 500; the health check passes in the mode `errors` only.
  const isHealthy = mode === 'errors';
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/healthz' ? (isHealthy ? 200 : 503) : 500;
    response.end(`{"status":"${response.statusCode}"}`);
  }).listen(Number(process.env.PORT ?? 5000), '0.0.0.0');
  process.once('SIGTERM', () => {
    server.close();
    server.closeIdleConnections();
  });
}
