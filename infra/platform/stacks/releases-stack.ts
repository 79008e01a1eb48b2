/** What the release program must not lose: who works on this environment now (the lock), and what was released (the ledger). */

import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { RELEASES_KEY, releasesTable } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';

export interface ReleasesStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
}

/** Comes before all else of its environment, so that even the first `setup` can lock out a second one. */
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
      // It has a name, and one that outlived its stack would keep the next stack from being made.
      removalPolicy: isProtected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
