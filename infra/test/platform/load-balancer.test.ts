/** The load balancer's listeners: HTTPS with a certificate, and HTTP only to redirect. */

import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import { LoadBalancer } from '../../platform/constructs/load-balancer.ts';
import { ENVIRONMENTS, type Environment } from '../../platform/environments.ts';
import { CERTIFICATE, OTHER_CHOICES } from '../support/other-choices.ts';
import { readVariant } from '../support/synthesised.ts';
import { resourcesOf } from '../support/test-stack.ts';

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of every shape
type Listener = any;

function listenersOf(address: Environment['address']): Listener[] {
  return resourcesOf('AWS::ElasticLoadBalancingV2::Listener', (stack) => {
    const vpc = new Vpc(stack, 'Vpc', {
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
    });
    const group = new SecurityGroup(stack, 'Group', { vpc });
    const environment = { ...ENVIRONMENTS.production, address };
    new LoadBalancer(stack, 'LoadBalancer', { prefix: 'cars-api', environment, vpc, group });
  });
}

const REDIRECT = {
  Type: 'redirect',
  RedirectConfig: { Port: '443', Protocol: 'HTTPS', StatusCode: 'HTTP_301' },
};
const HSTS = 'routing.http.response.strict_transport_security.header_value';

/**
 * TLS 1.2 and newer, without the policies that add weaker ciphers (`Ext`). `TLS13-1-0` would allow
 * TLS 1.0.
 */
const MODERN = /^ELBSecurityPolicy-TLS13-1-[23](-Res)?(-PQ)?-\d{4}-\d\d$/;

describe('with a certificate', () => {
  const listeners = listenersOf({ certificateArn: CERTIFICATE, domainName: 'cars.example.com' });
  const https = listeners.find(({ Port }) => Port === 443);
  const http = listeners.find(({ Port }) => Port === 80);

  // Proves: eavesdropping
  it('serves HTTPS with the certificate, and redirects HTTP permanently', () => {
    expect(listeners).toHaveLength(2);
    expect(http).toMatchObject({ Protocol: 'HTTP', DefaultActions: [REDIRECT] });
    expect(https).toMatchObject({
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: CERTIFICATE }],
      DefaultActions: [{ Type: 'forward' }],
    });
  });

  // Proves: eavesdropping
  it('accepts TLS 1.2 and newer, and only ciphers with forward secrecy', () => {
    expect(https.SslPolicy).toMatch(MODERN);
    expect(https.SslPolicy).toContain('-Res-');
  });

  // Proves: downgrade-to-http
  it('sends Strict-Transport-Security for a year, over HTTPS only', () => {
    const [attribute, ...others] = https.ListenerAttributes;
    expect(others).toEqual([]);
    expect(attribute).toEqual({ Key: HSTS, Value: expect.stringMatching(/^max-age=\d+$/) });
    expect(Number(attribute.Value.split('=')[1])).toBeGreaterThanOrEqual(365 * 86_400);
    // RFC 6797, section 7.2: not over HTTP, where anybody could have changed it.
    expect(JSON.stringify(http)).not.toContain('strict_transport_security');
  });
});

it('serves plain HTTP without a certificate, and sends no Strict-Transport-Security', () => {
  const [http, ...others] = listenersOf({ value: 'plain-http', reason: 'a test' });
  expect(others).toEqual([]);
  expect(http).toMatchObject({ Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'forward' }] });
  expect(http.ListenerAttributes).toBeUndefined();
});

it.each([
  ['as declared', 'declared', ENVIRONMENTS],
  ['with a certificate', 'other', OTHER_CHOICES],
] as const)('forwards plain HTTP only in environments that give a reason: %s', (_, variant, environments) => {
  const listeners: Listener[] = readVariant(variant).of('AWS::ElasticLoadBalancingV2::Listener');
  const plain = listeners.filter(
    ({ properties }) => properties.Protocol === 'HTTP' && properties.DefaultActions[0].Type !== 'redirect',
  );
  const excused = Object.values(environments).filter(({ address }) => 'reason' in address);
  expect(plain).toHaveLength(excused.length);
  for (const { properties } of listeners.filter((listener) => listener.properties.Protocol === 'HTTPS')) {
    expect(properties.SslPolicy).toMatch(MODERN);
    expect(JSON.stringify(properties.ListenerAttributes)).toContain(HSTS);
  }
});

it('redirects plain HTTP only when HTTPS answers, so that a new certificate interrupts nobody', () => {
  const templates = [...readVariant('other').templates].filter(([stack]) => stack.endsWith('-service'));
  expect(templates).toHaveLength(Object.keys(OTHER_CHOICES).length);
  for (const [stack, { Resources }] of templates as [string, { Resources: Record<string, Listener> }][]) {
    const listeners = Object.entries(Resources).filter(
      ([, { Type }]) => Type === 'AWS::ElasticLoadBalancingV2::Listener',
    );
    const [https = ''] = listeners.find(([, { Properties }]) => Properties.Protocol === 'HTTPS') ?? [];
    const [, http] = listeners.find(([, { Properties }]) => Properties.Protocol === 'HTTP') ?? [];
    expect(http.DependsOn ?? [], stack).toContain(https);
  }
});
