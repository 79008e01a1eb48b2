/**
 * Parts that an account has once, often made by somebody else: GitHub's identity provider, AWS's
 * service-linked roles, and the vault for copies in another region, where a stack cannot create it.
 * `setup` creates those that are missing. No stack owns them, so none is ever deleted.
 */

import { CreateBackupVaultCommand, DescribeBackupVaultCommand } from '@aws-sdk/client-backup';
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  CreateServiceLinkedRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
} from '@aws-sdk/client-iam';
import { COPY_VAULT, GITHUB_ISSUER } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

/** Who the tokens are for. */
const AUDIENCE = 'sts.amazonaws.com';

/**
 * The roles with which AWS's services work on an account. CloudFormation fails where one is missing:
 * https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/818
 */
const LINKED_ROLES: Readonly<Record<string, string>> = {
  AWSServiceRoleForECS: 'ecs.amazonaws.com',
  AWSServiceRoleForElasticLoadBalancing: 'elasticloadbalancing.amazonaws.com',
  AWSServiceRoleForRDS: 'rds.amazonaws.com',
  AWSServiceRoleForApplicationAutoScaling_ECSService: 'ecs.application-autoscaling.amazonaws.com',
};

export interface MissingPart {
  readonly what: string;
  readonly change: 'create' | 'update';
  make(): Promise<unknown>;
}

export async function findMissingParts(context: Context): Promise<MissingPart[]> {
  const provider = await missingProvider(context);
  const vault = await missingVault(context);
  return [...[provider, vault].filter((part) => part !== undefined), ...(await missingRoles(context))];
}

/** Throws {@link Failure} `region` when the copies would stay in the same region. */
async function missingVault({ aws, name, environment, identity }: Context): Promise<MissingPart | undefined> {
  const { region } = environment.recovery;
  if ('reason' in region) return undefined;
  if (region.copyTo === identity.region) {
    throw new Failure(
      'region',
      `${name} would keep the copies of its database in the region that they protect it from`,
      'Choose another `recovery.region.copyTo` in infra/platform/environments.ts.',
    );
  }
  const backup = aws.backupIn(region.copyTo);
  const found = await backup
    .send(new DescribeBackupVaultCommand({ BackupVaultName: COPY_VAULT }))
    .catch((error: Error) => {
      // AWS Backup may also deny access to a vault that does not exist, as the Terraform provider has
      // found. A user without the permission cannot create it either.
      if (error.name !== 'ResourceNotFoundException' && error.name !== 'AccessDeniedException') throw error;
      return undefined;
    });
  if (found !== undefined) return undefined;
  return {
    what: `backup vault ${COPY_VAULT} in ${region.copyTo}`,
    change: 'create',
    make: () =>
      backup.send(new CreateBackupVaultCommand({ BackupVaultName: COPY_VAULT })).catch((error: Error) => {
        if (error.name !== 'AlreadyExistsException') throw error;
      }),
  };
}

async function missingProvider({ aws, identity }: Context): Promise<MissingPart | undefined> {
  const partition = identity.arn.split(':')[1] ?? 'aws';
  const arn = `arn:${partition}:iam::${identity.account}:oidc-provider/${GITHUB_ISSUER}`;
  const found = await aws.iam
    .send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))
    .catch(undefinedIfMissing);
  const what = `identity provider ${GITHUB_ISSUER}`;
  if (found === undefined) {
    const request = { Url: `https://${GITHUB_ISSUER}`, ClientIDList: [AUDIENCE] };
    return {
      what,
      change: 'create',
      make: () => aws.iam.send(new CreateOpenIDConnectProviderCommand(request)),
    };
  }
  if (found.ClientIDList?.includes(AUDIENCE)) return undefined;
  const request = { OpenIDConnectProviderArn: arn, ClientID: AUDIENCE };
  return {
    what,
    change: 'update',
    make: () => aws.iam.send(new AddClientIDToOpenIDConnectProviderCommand(request)),
  };
}

async function missingRoles({ aws }: Context): Promise<MissingPart[]> {
  const found = await Promise.all(
    Object.entries(LINKED_ROLES).map(async ([RoleName, AWSServiceName]): Promise<MissingPart[]> => {
      const role = await aws.iam.send(new GetRoleCommand({ RoleName })).catch(undefinedIfMissing);
      if (role !== undefined) return [];
      const make = () =>
        aws.iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName })).catch((error: Error) => {
          // Another service has created it meanwhile.
          if (error.name !== 'InvalidInput' && error.name !== 'InvalidInputException') throw error;
        });
      return [{ what: `role ${RoleName}`, change: 'create', make }];
    }),
  );
  return found.flat();
}

export function undefinedIfMissing(error: Error): undefined {
  if (error.name !== 'NoSuchEntityException' && error.name !== 'NoSuchEntity') throw error;
  return undefined;
}
