/** The image's health check: exit code 0 when the service of this container answers `GET /healthz`. */

import { get } from 'node:http';
import { parseCommandConfig } from '../config/config.ts';

const { port } = parseCommandConfig(process.env).http;
get({ host: '127.0.0.1', port, path: '/healthz', timeout: 2000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
