/** The load balancer where a certificate is named: HTTPS, and HTTP only to send callers there. */

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { expect, it } from 'vitest';
import { FrontDoor } from '../constructs/front-door.ts';
import { ENVIRONMENTS } from '../environments.ts';

const certificateArn =
  'arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000';

it('serves HTTPS with the certificate, and redirects HTTP for good', () => {
  const stack = new Stack(new App(), 'test');
  const vpc = new Vpc(stack, 'Vpc', {
    subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
  });
  const group = new SecurityGroup(stack, 'Group', { vpc });
  const environment = {
    ...ENVIRONMENTS.production,
    address: { certificateArn, domainName: 'cars.example.com' },
  };
  new FrontDoor(stack, 'Door', { prefix: 'cars-api', environment, vpc, group });
  const listeners = Object.values(
    Template.fromStack(stack).findResources('AWS::ElasticLoadBalancingV2::Listener'),
  ).map(({ Properties }) => Properties);
  expect(listeners).toHaveLength(2);
  expect(listeners).toContainEqual(
    expect.objectContaining({
      Port: 80,
      DefaultActions: [
        { Type: 'redirect', RedirectConfig: { Port: '443', Protocol: 'HTTPS', StatusCode: 'HTTP_301' } },
      ],
    }),
  );
  expect(listeners).toContainEqual(
    expect.objectContaining({
      Port: 443,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: certificateArn }],
      SslPolicy: expect.stringMatching(/TLS13/),
      DefaultActions: [expect.objectContaining({ Type: 'forward' })],
    }),
  );
});
