/** An AWS account on this machine, as far as a release needs one: ECS of our own, and what stands around it. */

import { releasesTable } from '../../platform/contract.ts';
import type { Driver } from './driver.ts';
import { createEcs, type LocalEcs } from './ecs.ts';
import type { LocalPlatform } from './local-platform.ts';
import { type Bystanders, createBystanders } from './other-services.ts';
import { createRegistry, type LocalRegistry } from './registry.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './server.ts';
import { createTable } from './table.ts';
import { createTaskBoard, type Task, type TaskBoard } from './task-board.ts';

export interface LocalAccount extends LocalAws {
  readonly ecs: LocalEcs;
  readonly registry: LocalRegistry;
  readonly board: TaskBoard;
  readonly bystanders: Bystanders;
}

export interface LocalAccountOptions {
  readonly platform: LocalPlatform;
  readonly driver: Driver;
  /** Another environment's, which it shares; by default its own. */
  readonly registry?: LocalRegistry;
  /** How long a second of ECS lasts, in milliseconds. */
  readonly second?: number;
  readonly before?: LocalAwsOptions['before'];
  readonly onTaskChange?: (task: Task) => void;
}

export async function startLocalAccount(options: LocalAccountOptions): Promise<LocalAccount> {
  const { platform, driver, second = 1000, before, onTaskChange } = options;
  const board = createTaskBoard(driver, platform.targets.deregistrationDelay, second, onTaskChange);
  const ecs = createEcs(platform, board, second);
  const bystanders = createBystanders(platform, board);
  const registry: LocalRegistry = options.registry ?? createRegistry(() => aws.url);
  const aws = await startLocalAws({
    services: {
      ...bystanders.handlers,
      ecs: ecs.handler,
      ecr: registry.handler,
      dynamodb: createTable(releasesTable(platform.service.name)),
    },
    blob: registry.blob,
    ...(before && { before }),
  });
  return {
    url: aws.url,
    ecs,
    registry,
    board,
    bystanders,
    close() {
      ecs.close();
      aws.close();
    },
  };
}
