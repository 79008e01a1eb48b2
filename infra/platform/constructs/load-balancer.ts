/** The load balancer: the one part that the world reaches. */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerAction,
  ListenerCertificate,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { HEALTH_PATH, IMAGE } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';
import { TIMING } from '../timing.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * A year, in which a browser that was here once asks for nothing but HTTPS (RFC 6797). Without `includeSubDomains`: names below the
 * domain may be another's. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
const STRICT_TRANSPORT = {
  attribute: 'routing.http.response.strict_transport_security.header_value',
  value: 'max-age=31536000',
} as const;

export interface FrontDoorProps {
  readonly prefix: string;
  readonly environment: Environment;
  readonly vpc: Vpc;
  readonly group: SecurityGroup;
}

export class FrontDoor extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  /** The one that has calls; the tasks must not be registered before it exists. */
  readonly listener: ApplicationListener;

  constructor(scope: Construct, id: string, { prefix, environment, vpc, group }: FrontDoorProps) {
    super(scope, id);
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      loadBalancerName: prefix,
      vpc,
      internetFacing: true,
      vpcSubnets: { subnetGroupName: 'public' },
      securityGroup: group,
      deletionProtection: chosen(environment.database.deletionProtection),
      dropInvalidHeaderFields: true,
      idleTimeout: Duration.seconds(TIMING.idleTimeout),
    });
    this.keepAccessLogs();
    this.targets = new ApplicationTargetGroup(this, 'Targets', {
      targetGroupName: prefix,
      vpc,
      targetType: TargetType.IP,
      port: IMAGE.port,
      protocol: ApplicationProtocol.HTTP,
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      deregistrationDelay: Duration.seconds(TIMING.deregistrationDelay),
      healthCheck: {
        path: HEALTH_PATH,
        healthyHttpCodes: '200',
        interval: Duration.seconds(TIMING.healthCheck.interval),
        timeout: Duration.seconds(TIMING.healthCheck.timeout),
        healthyThresholdCount: TIMING.healthCheck.healthyAfter,
        unhealthyThresholdCount: TIMING.healthCheck.unhealthyAfter,
      },
    });
    this.listener = this.listen(environment);
  }

  /** HTTPS, and HTTP only to send callers there; without a certificate HTTP is all there is. */
  private listen({ address }: Environment): ApplicationListener {
    const forward = ListenerAction.forward([this.targets]);
    acknowledge(
      this.loadBalancer,
      'AwsSolutions-ELB2',
      'access logs are set by attribute, which the rule does not read',
    );
    if ('reason' in address) {
      return this.loadBalancer.addListener('Http', { port: 80, defaultAction: forward, open: true });
    }
    this.loadBalancer.addListener('Http', {
      port: 80,
      defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
      open: true,
    });
    const https = this.loadBalancer.addListener('Https', {
      port: 443,
      certificates: [ListenerCertificate.fromArn(address.certificateArn)],
      // TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only, and keys that a quantum computer does not find.
      sslPolicy: SslPolicy.TLS13_12_RES_PQ,
      defaultAction: forward,
      open: true,
    });
    https.setAttribute(STRICT_TRANSPORT.attribute, STRICT_TRANSPORT.value);
    return https;
  }

  /** By attribute: CDK's own method wants to know the region, for regions older than the principal below. */
  private keepAccessLogs(): void {
    const bucket = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    acknowledge(bucket, 'AwsSolutions-S1', 'a log of who reads the logs has no reader here');
    bucket.grantPut(new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com'));
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    // It writes a file at once to prove that it may.
    if (bucket.policy) this.loadBalancer.node.addDependency(bucket.policy);
  }
}
