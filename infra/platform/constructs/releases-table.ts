/** The table of the release program: the lock, and the ledger of releases. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { RELEASES_KEY, releasesTable } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';

export function addReleasesTable(scope: Construct, prefix: string, { database }: Environment): Table {
  const isProtected = chosen(database.deletionProtection);
  return new Table(scope, 'Releases', {
    tableName: releasesTable(prefix),
    partitionKey: { name: RELEASES_KEY.partition, type: AttributeType.STRING },
    sortKey: { name: RELEASES_KEY.sort, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: isProtected,
    removalPolicy: isProtected ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
}
