/** The image's health check. Exits with 0 when `GET /healthz` answers 200, else with 1. */

import { get } from 'node:http';
import { parseCommandConfig } from '../config/config.ts';

const { port } = parseCommandConfig(process.env).http;
get({ host: '127.0.0.1', port, path: '/healthz', timeout: 2000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
