/** How many connections the tasks open, and how many the database accepts. */

/** Connections of one task at most: `DATABASE_POOL_SIZE`. */
export const POOL_SIZE = 10;

/** Connections of a migration, of AWS itself and of people, besides those of serving tasks. */
const OTHERS = 20;

interface InstanceClass {
  /** GiB. */
  readonly memory: number;
  /** `max_connections` on Aurora; undefined if Aurora does not have the class. */
  readonly aurora?: number;
}

/**
 * The classes that an environment may choose:
 * https://aws.amazon.com/rds/instance-types/
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html
 */
const CLASSES = {
  't4g.medium': { memory: 4, aurora: 90 },
  't4g.large': { memory: 8, aurora: 135 },
  'm7g.large': { memory: 8 },
  'm7g.xlarge': { memory: 16 },
  'm7g.2xlarge': { memory: 32 },
  'r7g.large': { memory: 16, aurora: 1000 },
  'r7g.xlarge': { memory: 32, aurora: 2000 },
  'r7g.2xlarge': { memory: 64, aurora: 3000 },
} as const satisfies Readonly<Record<string, InstanceClass>>;

export type InstanceName = keyof typeof CLASSES;

/** During a release, old and new tasks run side by side, each with a full pool. */
export function connectionsOfTasks(maxTasks: number): number {
  return 2 * maxTasks * POOL_SIZE;
}

export function connectionsNeeded(maxTasks: number): number {
  return connectionsOfTasks(maxTasks) + OTHERS;
}

/** AWS's default of `max_connections`; 0 if the engine does not have the class. */
export function maxConnections(kind: 'rds' | 'aurora', instance: InstanceName): number {
  const { memory, aurora = 0 }: InstanceClass = CLASSES[instance];
  if (kind === 'aurora') return aurora;
  // {DBInstanceClassMemory/12582880}, which excludes what the system uses: about a tenth.
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
  return Math.floor((memory * 1024 ** 3 * 0.9) / 12_582_880);
}
