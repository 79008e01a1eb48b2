/** Every limit and timeout of the HTTP server, with its reason. Times are in milliseconds, sizes in bytes. */
export const LIMITS = {
  /** A car is below 2 KiB. The API promises 64 KiB, for clients that pad. Batches have a limit of their own. */
  bodySize: 64 * 1024,
  /** A batch: a thousand cars of 1 KiB each. Other requests keep to `bodySize`. */
  batchSize: 1024 * 1024,
  /** Batches whose bodies may arrive or be worked on at once, so that they hold 32 MiB in all. A client may have half. */
  batches: 32,
  /** Exports that run at once, half of them of one client. The next one gets 503. */
  exports: 4,
  /** How often an export retries a page while the database is unavailable, before it is cut. */
  exportRetries: 3,
  /** Before each of these retries. */
  exportPause: 1000,
  /** Cars that an export reads at once. */
  exportPage: 1000,
  /** Fits one value of every filter at four bytes a character, percent-encoded, and a cursor. A longer URL is 414. */
  targetSize: 8 * 1024,
  /**
   * The same for a list without its cursor, which has up to 1.2 KiB. So the next page's URL is below `targetSize`, and a Link
   * header, which holds the list's URL twice, is below the 16 KiB of header fields that Node's clients accept.
   */
  listTargetSize: 6 * 1024,
  /** Parameters of a query. Each costs some work. A list may have three filters 20 times, and ten others. */
  parameters: 100,
  /** Request line and header fields together (Node's default); more is 431. Above `targetSize`, so that 414 can be sent. */
  headerSize: 16 * 1024,
  /** Longer than the 60 s after which an AWS load balancer drops an idle connection, so that it never uses a closed one. */
  keepAlive: 72_000,
  /** For the header section to arrive. A slower client holds a connection for nothing. */
  headers: 10_000,
  /** For the whole request to arrive. 64 KiB in 15 s is slower than any phone. */
  request: 15_000,
  /** How often Node checks connections against the two timeouts above. */
  checkInterval: 1_000,
  /** Responses that may wait for their turn on one connection. */
  pipelined: 64,
  /** Bytes of responses that one client has not read yet. 64 pages of 1000 cars, or two of the largest asset. */
  unsent: 4 * 1024 * 1024,
  /** The same for all clients together: an eighth of the smallest task's memory. */
  unsentInAll: 64 * 1024 * 1024,
  /** For a client to accept a byte of its response. Longer than any response takes, and than `request`. */
  stalled: 20_000,
  /** Open connections. Each can hold 64 KiB of a body that never ends, which makes 256 MB. */
  connections: 4000,
  /** Connections that wait to be accepted. Node accepts one in each turn of the event loop. Clients beyond this wait a second. */
  backlog: 4096,
  /** Faults listed in one response. More would only make a bad request expensive. */
  errorsListed: 20,
} as const;
