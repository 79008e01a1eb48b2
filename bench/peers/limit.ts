/** The upper limit: `node:http` with a constant answer and no database. */

import { createServer } from 'node:http';

const body = Buffer.from('{"brand":"Volkswagen","id":1,"model":"Golf","year":2018}');
const headers = { 'content-type': 'application/json', 'content-length': body.length };

createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
}).listen(Number(process.env['PORT']), '127.0.0.1');
