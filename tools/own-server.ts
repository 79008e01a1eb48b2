/** A MySQL server of the tests' own, as its users see it: where it is, and what can be done to it. */

export interface OwnServer {
  /** `mysql://user:password@host:port`, without a database; the user may do everything. */
  readonly url: string;
  readonly port: number;
  /** How it runs, for people. */
  readonly way: string;
  /** Ends it as a crash does (SIGKILL); what it held on disk stays. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, on the same data and port; resolves when it answers. */
  start(): Promise<void>;
  /** Makes it hang (SIGSTOP): connections stay open, nothing answers. */
  pause(): Promise<void>;
  /** Lets it go on after {@link pause}. */
  resume(): Promise<void>;
  /** Ends it and removes what it held. */
  stop(): Promise<void>;
}

/** The account that an own server is started with. */
export const ACCOUNT = { user: 'root', password: 'cars-api-test' } as const;

export function urlOf(port: number): string {
  return `mysql://${ACCOUNT.user}:${ACCOUNT.password}@127.0.0.1:${port}`;
}

/**
 * Settings of every own server. Flushing to the disk is left to the operating system: what was committed survives a
 * killed server, not a machine without power, and tests run several times faster. In `/dev/shm` it does not survive: MariaDB
 * treats a log there as persistent memory. With one insert of 250 rows per commit on 8 connections, 59 of 65,458 acknowledged
 * commits were missing after 230 kills; in `/tmp`, none of 34,175 after 201.
 */
export const SETTINGS = [
  '--innodb-flush-log-at-trx-commit=2',
  '--skip-log-bin',
  '--innodb-buffer-pool-size=64M',
  '--performance-schema=OFF',
  '--skip-name-resolve',
  // Only MySQL has this: a second protocol on a second port.
  '--loose-mysqlx=OFF',
] as const;
