/** What the calls of one request used of the database, noted by the store as they end. */

export interface Usage {
  /** Milliseconds in which calls waited for their turn; calls that are made side by side add up. */
  waited: number;
  /** Milliseconds in which the database worked on calls, or they waited for a lock or a connection. */
  worked: number;
  /** Cars that were read or changed. */
  rows: number;
  /** Why a call was refused for want of time, if one was. */
  shed: string | undefined;
}
