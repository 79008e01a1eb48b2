/**
 * How long each step of replacing a task may take, in seconds. They depend on each other, and a
 * test compares them. ECS deregisters a task from the load balancer and waits for
 * `deregistrationDelay`, sends SIGTERM, waits for `stopTimeout`, then kills the task.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
 */
export const TIMING = {
  /** The load balancer's health checks, and how many in a row change a target's state. */
  healthCheck: { interval: 10, timeout: 5, healthyAfter: 2, unhealthyAfter: 3 },
  /** Longer than the longest request: 15 s to arrive, and 2 s to be answered. */
  deregistrationDelay: 20,
  /**
   * `DRAIN_SECONDS`: no request should arrive after SIGTERM; this covers a slow load balancer node.
   */
  drain: 5,
  /** `STOP_SECONDS`: the drain, then the requests in flight. */
  stop: 30,
  /** Longer than `stop`, so that the service exits by itself. */
  stopTimeout: 40,
  /** How long a new task may fail health checks before they count. */
  startGrace: 30,
  /**
   * Idle connections of clients. The service keeps its own for 72 s, so that the load balancer
   * closes first.
   */
  idleTimeout: 60,
} as const;

/**
 * How many minutes the parts of a release may take. A job of the pipeline does all of them, and its
 * credentials must last as long: `SESSION_HOURS`.
 */
export const RELEASE_MINUTES = {
  /** All pending migrations together. */
  migrations: 60,
  /** The deployment, and a rollback after it. */
  rollOut: 20,
} as const;

/** How long the credentials of a releasing job last. */
export const SESSION_HOURS = 3;
