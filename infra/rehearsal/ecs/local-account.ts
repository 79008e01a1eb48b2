/**
 * A local AWS account, as far as releases need one: ECS, the registry, the releases table, and
 * other services.
 */

import { releasesTable } from '../../platform/contract.ts';
import type { Driver } from './driver.ts';
import { createEcs, type LocalEcs } from './ecs.ts';
import type { LocalPlatform } from './local-platform.ts';
import { createOtherServices, type OtherServices } from './other-services.ts';
import { createRegistry, type LocalRegistry } from './registry.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './server.ts';
import { createTable } from './table.ts';
import { createTaskBoard, type TaskBoard } from './task-board.ts';

export interface LocalAccount extends LocalAws {
  readonly ecs: LocalEcs;
  readonly registry: LocalRegistry;
  readonly board: TaskBoard;
  readonly otherServices: OtherServices;
}

export interface LocalAccountOptions {
  readonly platform: LocalPlatform;
  readonly driver: Driver;
  /** The registry of another environment, to share it; by default a new one. */
  readonly registry?: LocalRegistry;
  /** How long one second of ECS takes, in milliseconds. */
  readonly second?: number;
  readonly before?: LocalAwsOptions['before'];
}

export async function startLocalAccount(options: LocalAccountOptions): Promise<LocalAccount> {
  const { platform, driver, second = 1000, before } = options;
  const board = createTaskBoard(driver, platform.targets.deregistrationDelay, second);
  const ecs = createEcs(platform, board, driver, second);
  const otherServices = createOtherServices(platform, board, driver);
  const registry: LocalRegistry = options.registry ?? createRegistry(() => aws.url);
  const aws = await startLocalAws({
    services: {
      ...otherServices.handlers,
      ecs: ecs.handler,
      ecr: registry.handler,
      dynamodb: createTable(releasesTable(platform.name)),
    },
    blob: registry.blob,
    ...(before && { before }),
  });
  return {
    url: aws.url,
    ecs,
    registry,
    board,
    otherServices,
    close() {
      ecs.close();
      aws.close();
    },
  };
}
