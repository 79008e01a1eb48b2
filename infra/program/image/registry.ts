/** The registry of images: finds what is in it, and lets Docker push to it. */

import { BatchGetImageCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { REPOSITORY } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { ROOT } from '../core/git.ts';
import { runTool } from '../core/tool.ts';

/**
 * The digest of the image with this tag; undefined if there is none. Throws {@link Failure}
 * `refused` before `setup`.
 */
export async function findDigest({ aws, identity }: Context, tag: string): Promise<string | undefined> {
  try {
    const { images: [image] = [] } = await aws.ecr.send(
      new BatchGetImageCommand({ repositoryName: REPOSITORY, imageIds: [{ imageTag: tag }] }),
    );
    return image?.imageId?.imageDigest;
  } catch (error) {
    if ((error as Error).name !== 'RepositoryNotFoundException') throw error;
    throw new Failure(
      'refused',
      `there is no registry ${REPOSITORY} in account ${identity.account}, region ${identity.region}`,
      'Run infra/aws-deploy.sh setup first, or check the region (AWS_REGION).',
    );
  }
}

export interface Registry {
  /** The name of an image without its tag. */
  readonly image: string;
  /** Logs Docker in for 12 hours. Throws {@link Failure} `imageFailed`. */
  logIn(): Promise<void>;
}

export async function readRegistry({ aws, signal }: Context): Promise<Registry> {
  const { authorizationData: [access] = [] } = await aws.ecr.send(new GetAuthorizationTokenCommand({}));
  const { host } = new URL(access?.proxyEndpoint ?? '');
  const token = Buffer.from(access?.authorizationToken ?? '', 'base64').toString();
  const [user = '', password = ''] = token.split(':');
  return {
    image: `${host}/${REPOSITORY}`,
    async logIn() {
      const args = ['login', '--username', user, '--password-stdin', host];
      if ((await runTool('docker', args, { cwd: ROOT, input: password, signal })) === 0) return;
      throw new Failure('imageFailed', `Docker cannot log in to ${host}`, 'See what Docker printed above.');
    },
  };
}
