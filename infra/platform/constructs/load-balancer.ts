/** The load balancer: the only part that is reachable from the internet. */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
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
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { HEALTH_PATH, IMAGE } from '../contract.ts';
import { chosen, type Environment } from '../environments.ts';
import { TIMING } from '../timing.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * Browsers use HTTPS only for a year (RFC 6797). Without `includeSubDomains`, because subdomains
 * may belong to others.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
const STRICT_TRANSPORT = {
  attribute: 'routing.http.response.strict_transport_security.header_value',
  value: 'max-age=31536000',
} as const;

export interface LoadBalancerProps {
  readonly prefix: string;
  readonly environment: Environment;
  readonly vpc: Vpc;
  readonly group: SecurityGroup;
}

export class LoadBalancer extends Construct {
  readonly alb: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  /** The listener that forwards to tasks; it must exist before tasks are registered. */
  readonly listener: ApplicationListener;

  constructor(scope: Construct, id: string, { prefix, environment, vpc, group }: LoadBalancerProps) {
    super(scope, id);
    this.alb = new ApplicationLoadBalancer(this, 'Alb', {
      loadBalancerName: prefix,
      vpc,
      internetFacing: true,
      vpcSubnets: { subnetGroupName: 'public' },
      securityGroup: group,
      deletionProtection: chosen(environment.database.deletionProtection),
      dropInvalidHeaderFields: true,
      idleTimeout: Duration.seconds(TIMING.idleTimeout),
    });
    this.writeAccessLogs();
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

  /** HTTPS, and HTTP only to redirect; without a certificate, plain HTTP. */
  private listen({ address }: Environment): ApplicationListener {
    const forward = ListenerAction.forward([this.targets]);
    acknowledge(
      this.alb,
      'AwsSolutions-ELB2',
      'access logs are enabled by attribute, which the rule does not read',
    );
    if ('reason' in address) {
      return this.alb.addListener('Http', { port: 80, defaultAction: forward, open: true });
    }
    const http = this.alb.addListener('Http', {
      port: 80,
      defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
      open: true,
    });
    const https = this.alb.addListener('Https', {
      port: 443,
      certificates: [this.certificateFor(address)],
      // TLS 1.2 and 1.3 with forward secrecy, authenticated ciphers and post-quantum key exchange.
      sslPolicy: SslPolicy.TLS13_12_RES_PQ,
      defaultAction: forward,
      open: true,
    });
    // A service may already answer plain HTTP, and HTTPS has to wait until its certificate is valid.
    http.node.addDependency(https);
    https.setAttribute(STRICT_TRANSPORT.attribute, STRICT_TRANSPORT.value);
    return https;
  }

  /** An existing certificate, or a new one with its DNS records in the hosted zone. */
  private certificateFor(address: Extract<Environment['address'], { domainName: string }>) {
    if ('certificateArn' in address) return ListenerCertificate.fromArn(address.certificateArn);
    const { domainName, hostedZone } = address;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: hostedZone.id,
      zoneName: hostedZone.name,
    });
    new ARecord(this, 'Record', {
      zone,
      recordName: domainName,
      target: RecordTarget.fromAlias(new LoadBalancerTarget(this.alb)),
    });
    return new Certificate(this, 'Certificate', {
      domainName,
      validation: CertificateValidation.fromDns(zone),
    });
  }

  /** By attribute, because CDK's own method needs to know the region. */
  private writeAccessLogs(): void {
    const bucket = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    acknowledge(bucket, 'AwsSolutions-S1', 'nobody would read a log of who reads the access logs');
    bucket.grantPut(new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com'));
    this.alb.setAttribute('access_logs.s3.enabled', 'true');
    this.alb.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    // The load balancer tests its permission with a file when it is created.
    if (bucket.policy) this.alb.node.addDependency(bucket.policy);
  }
}
