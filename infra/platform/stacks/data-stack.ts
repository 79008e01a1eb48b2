/** The database, and the copies of it. */

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addBackups } from '../constructs/backups.ts';
import { Database, type DatabaseProps } from '../constructs/database.ts';

export class DataStack extends Stack {
  readonly database: Database;

  constructor(scope: Construct, id: string, props: StackProps & DatabaseProps) {
    super(scope, id, props);
    this.database = new Database(this, 'Database', props);
    addBackups(this, { ...props, database: this.database });
    // Needed to restore: docs/run/restore.md.
    new CfnOutput(this, 'DatabaseAddress', { value: this.database.address });
    new CfnOutput(this, 'MasterSecretArn', { value: this.database.masterSecretArn });
  }
}
