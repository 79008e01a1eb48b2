/** The load balancer's listeners: HTTPS where a certificate is named, and HTTP then only to send callers there. */

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import { FrontDoor } from '../../platform/constructs/load-balancer.ts';
import { ENVIRONMENTS, type Environment } from '../../platform/environments.ts';
import { CERTIFICATE, OTHER_CHOICES } from '../support/other-choices.ts';
import { synthesise } from '../support/synthesised.ts';

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of every shape
type Listener = any;

function listenersOf(address: Environment['address']): Listener[] {
  const stack = new Stack(new App(), 'test');
  const vpc = new Vpc(stack, 'Vpc', {
    subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
  });
  const group = new SecurityGroup(stack, 'Group', { vpc });
  const environment = { ...ENVIRONMENTS.production, address };
  new FrontDoor(stack, 'Door', { prefix: 'cars-api', environment, vpc, group });
  return Object.values(Template.fromStack(stack).findResources('AWS::ElasticLoadBalancingV2::Listener')).map(
    ({ Properties }) => Properties,
  );
}

const REDIRECT = {
  Type: 'redirect',
  RedirectConfig: { Port: '443', Protocol: 'HTTPS', StatusCode: 'HTTP_301' },
};
const HSTS = 'routing.http.response.strict_transport_security.header_value';

/** TLS 1.2 and newer, without the policies that widen the ciphers (`Ext`): `TLS13-1-0` would let TLS 1.0 in. */
const MODERN = /^ELBSecurityPolicy-TLS13-1-[23](-Res)?(-PQ)?-\d{4}-\d\d$/;

describe('with a certificate', () => {
  const listeners = listenersOf({ certificateArn: CERTIFICATE, domainName: 'cars.example.com' });
  const https = listeners.find(({ Port }) => Port === 443);
  const http = listeners.find(({ Port }) => Port === 80);

  // Proves: eavesdropping
  it('serves HTTPS with the certificate, and redirects HTTP for good', () => {
    expect(listeners).toHaveLength(2);
    expect(http).toMatchObject({ Protocol: 'HTTP', DefaultActions: [REDIRECT] });
    expect(https).toMatchObject({
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: CERTIFICATE }],
      DefaultActions: [{ Type: 'forward' }],
    });
  });

  // Proves: eavesdropping
  it('speaks no TLS older than 1.2, and no cipher without forward secrecy', () => {
    expect(https.SslPolicy).toMatch(MODERN);
    expect(https.SslPolicy).toContain('-Res-');
  });

  // Proves: downgrade-to-http
  it('tells browsers to ask for nothing but HTTPS for a year', () => {
    const [attribute, ...others] = https.ListenerAttributes;
    expect(others).toEqual([]);
    expect(attribute).toEqual({ Key: HSTS, Value: expect.stringMatching(/^max-age=\d+$/) });
    expect(Number(attribute.Value.split('=')[1])).toBeGreaterThanOrEqual(365 * 86_400);
    // RFC 6797, section 7.2: not over HTTP, which anybody on the way could have written.
    expect(JSON.stringify(http)).not.toContain('strict_transport_security');
  });
});

it('without a certificate serves HTTP, and claims nothing that is not so', () => {
  const [http, ...others] = listenersOf({ value: 'plain-http', reason: 'a test' });
  expect(others).toEqual([]);
  expect(http).toMatchObject({ Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'forward' }] });
  expect(http.ListenerAttributes).toBeUndefined();
});

/** Whoever names a certificate gets all of it, whichever environment it is. */
it.each([
  ['as declared', ENVIRONMENTS],
  ['with a certificate', OTHER_CHOICES],
] as const)(
  'has no listener that forwards callers in plain text unless its reason is given: %s',
  (_, environments) => {
    const listeners: Listener[] = synthesise({}, environments).of('AWS::ElasticLoadBalancingV2::Listener');
    const plain = listeners.filter(
      ({ properties }) => properties.Protocol === 'HTTP' && properties.DefaultActions[0].Type !== 'redirect',
    );
    const excused = Object.values(environments).filter(({ address }) => 'reason' in address);
    expect(plain).toHaveLength(excused.length);
    for (const { properties } of listeners.filter((listener) => listener.properties.Protocol === 'HTTPS')) {
      expect(properties.SslPolicy).toMatch(MODERN);
      expect(JSON.stringify(properties.ListenerAttributes)).toContain(HSTS);
    }
  },
);
