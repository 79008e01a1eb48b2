/** The table of the release program: the lock, and the ledger of releases. */

import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { RELEASES_KEY, releasesTable } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';

export interface ReleasesStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
}

/** Deployed first, so that even the first `setup` can take the lock. */
export class ReleasesStack extends Stack {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: ReleasesStackProps) {
    super(scope, id, props);
    const isProtected = chosen(props.environment.database.deletionProtection);
    this.table = new Table(this, 'Releases', {
      tableName: releasesTable(props.prefix),
      partitionKey: { name: RELEASES_KEY.partition, type: AttributeType.STRING },
      sortKey: { name: RELEASES_KEY.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: isProtected,
      // A retained table would prevent the next stack from being created, because its name is
      // fixed.
      removalPolicy: isProtected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
