/** What the rest of an environment stands on: its network, the topic for alarms, the releases table. */

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { AlarmTopic } from '../constructs/alarm-topic.ts';
import { Network } from '../constructs/network.ts';
import { addReleasesTable } from '../constructs/releases-table.ts';
import type { Environment } from '../environments.ts';

export interface BaseStackProps extends StackProps {
  readonly environment: Environment;
  readonly prefix: string;
  readonly zones: readonly string[];
}

export class BaseStack extends Stack {
  readonly network: Network;
  readonly topic: ITopic;
  readonly releases: ITable;

  private readonly zones: readonly string[];

  constructor(scope: Construct, id: string, props: BaseStackProps) {
    super(scope, id, props);
    const { environment, prefix, zones } = props;
    this.zones = zones;
    this.releases = addReleasesTable(this, prefix, environment);
    this.network = new Network(this, 'Network', { environment, prefix, zones });
    this.topic = new AlarmTopic(this, 'Alerts', prefix, environment).topic;
    // `setup` reads it, so that the zones stay the same.
    new CfnOutput(this, 'Zones', { value: zones.join(',') });
  }

  override get availabilityZones(): string[] {
    return [...this.zones];
  }
}
