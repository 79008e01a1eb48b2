/**
 * The environments with every choice that environments.ts does not make: a certificate, alarm
 * recipients, no NAT.
 */

import { ENVIRONMENTS, type Environment, type EnvironmentName } from '../../platform/environments.ts';

export const CERTIFICATE =
  'arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000';

const other = (environment: Environment, domainName: string): Environment => ({
  ...environment,
  network: { ...environment.network, outbound: 'endpoints' },
  address: { certificateArn: CERTIFICATE, domainName },
  alarmEmails: ['on-call@example.com'],
});

export const OTHER_CHOICES: Readonly<Record<EnvironmentName, Environment>> = {
  production: other(ENVIRONMENTS.production, 'cars.example.com'),
  staging: other(ENVIRONMENTS.staging, 'cars-staging.example.com'),
};
