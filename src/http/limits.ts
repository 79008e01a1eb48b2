/** Every limit and time-out of the HTTP server, each with its reason. Times are in milliseconds, sizes in bytes. */
export const LIMITS = {
  /** A car is below 2 KiB; the contract promises 64 KiB to those who pad. */
  bodySize: 64 * 1024,
  /** Filters of four bytes a character, percent-encoded, and a cursor fit; longer is 414. */
  targetSize: 8 * 1024,
  /** Request line and header fields together (Node's default); more is 431. Above `targetSize`, so that 414 can be told. */
  headerSize: 16 * 1024,
  /** Longer than the 60 s after which an AWS load balancer drops an idle connection, so that it never meets one that we just closed. */
  keepAlive: 72_000,
  /** For the header section to arrive; a slower client holds a connection for nothing. */
  headers: 10_000,
  /** For the whole request to arrive: 64 KiB in 15 s is slower than any phone. */
  request: 15_000,
  /** How often Node looks for connections that broke one of the two times above. */
  checkInterval: 1_000,
  /** Answers that wait for their turn on one connection; 64 pages of 1000 cars are about 4 MB. */
  pipelined: 64,
  /** Connections that wait to be accepted. Node accepts one in each turn of the event loop; callers meet what overflows as a wait of a second. */
  backlog: 4096,
  /** Faults listed in one answer; more would only make a bad request expensive. */
  errorsListed: 20,
} as const;
