/**
 * How long each step of replacing a task may take, in seconds, in one place because they must fit one another; a test
 * compares them. The order on AWS: the load balancer is told to send nothing more to a task and waits for
 * `deregistrationDelay`; then ECS sends SIGTERM, waits for `stopTimeout`, and kills.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
 */
export const TIMING = {
  /** Between two health checks of the load balancer, and how many make a target healthy or unhealthy. */
  healthCheck: { interval: 5, timeout: 3, healthyAfter: 2, unhealthyAfter: 2 },
  /** Longer than the longest request (15 s to arrive, of which the service answers within 2 s once it is there). */
  deregistrationDelay: 20,
  /** `DRAIN_SECONDS`: after SIGTERM nothing more is sent to the task, so this only covers a slow balancer node. */
  drain: 5,
  /** `STOP_SECONDS`: the drain, then what is in flight. */
  stop: 30,
  /** Above `stop`, so that the service ends by itself. */
  stopTimeout: 40,
  /** For a new task to be healthy before failing checks count against it. */
  startGrace: 30,
  /** Idle connections from callers. Node keeps its own for 72 s, so that the load balancer closes first. */
  idleTimeout: 60,
} as const;
