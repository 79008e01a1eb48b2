/** What a piece of work may do with a connection that was lent to it. */

export interface Session {
  /** The step between generated ids (1, except in clusters with several writers). */
  readonly idStep: number;
  /**
   * Runs statements that do not commit a change. A text may hold several; the result is then an array of theirs.
   * Rows are arrays of columns. Throws the driver's error.
   */
  run<Result>(sql: string): Promise<Result>;
  /** Runs statements that commit a change. When the connection is lost meanwhile, throws `outcome-unknown`. */
  commit<Result>(sql: string): Promise<Result>;
}
