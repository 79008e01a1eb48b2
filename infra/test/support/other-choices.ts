/**
 * The environments with every choice that environments.ts does not make: a certificate, alarm
 * recipients, no NAT.
 */

import { ENVIRONMENTS, type Environment, type EnvironmentName } from '../../platform/environments.ts';

export const CERTIFICATE =
  'arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000';

const other = (environment: Environment, address: Environment['address']): Environment => ({
  ...environment,
  network: { ...environment.network, outbound: 'endpoints' },
  address,
  alarmEmails: ['on-call@example.com'],
});

export const OTHER_CHOICES: Readonly<Record<EnvironmentName, Environment>> = {
  production: other(ENVIRONMENTS.production, { certificateArn: CERTIFICATE, domainName: 'cars.example.com' }),
  staging: other(ENVIRONMENTS.staging, {
    domainName: 'cars-staging.example.com',
    hostedZone: { id: 'Z0123456789ABCDEFGHIJ', name: 'example.com' },
  }),
};

const { production } = ENVIRONMENTS;

export const ONE_ZONE_FEWER: Readonly<Record<EnvironmentName, Environment>> = {
  ...ENVIRONMENTS,
  production: { ...production, network: { ...production.network, zones: { value: 2, reason: 'a test' } } },
};

const onAurora = (environment: Environment, instance: Environment['database']['instance']): Environment => ({
  ...environment,
  database: { ...environment.database, kind: 'aurora', instance },
});

export const ON_AURORA: Readonly<Record<EnvironmentName, Environment>> = {
  production: onAurora(ENVIRONMENTS.production, 'r7g.large'),
  staging: onAurora(ENVIRONMENTS.staging, 't4g.large'),
};
