/** What `setup` finds out about the repository and the zones, and keeps. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENVIRONMENTS } from '../../platform/environments.ts';
import type { Context } from '../../program/core/context.ts';
import type { Choices } from '../../program/setup/cdk.ts';
import { type Github, makeChoices, rejectTooFewZones } from '../../program/setup/choices.ts';

const REPOSITORY = 'octo/cars-api';
const GITHUB: Github = { repository: REPOSITORY, subject: undefined };
const RULE = `/repos/${REPOSITORY}/actions/oidc/customization/sub`;
const ZONES = ['eu-1c', 'eu-1a', 'eu-1b', 'eu-1d'];

let folder: string;
const path = process.env['PATH'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cars-api-gh-'));
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

/** Installs a GitHub CLI that gives these answers to `gh api PATH`, and fails for other paths. */
function installGh(answers: Readonly<Record<string, object>>): void {
  const cases = Object.entries(answers).map(
    ([url, answer]) => `'api ${url}') echo '${JSON.stringify(answer)}' ;;`,
  );
  const text = ['#!/bin/sh', 'case "$*" in', ...cases, '*) exit 1 ;;', 'esac'].join('\n');
  writeFileSync(join(folder, 'gh'), text, { mode: 0o755 });
  process.env['PATH'] = `${folder}${delimiter}${path}`;
}

/** An account with these outputs of stacks, and these zones. */
function contextWith(outputs: Readonly<Record<string, Record<string, string>>>, zones = ZONES): Context {
  const describeStack = async ({ input }: { input: { StackName: string } }) => ({
    Stacks: [
      {
        Outputs: Object.entries(outputs[input.StackName] ?? {}).map(([OutputKey, OutputValue]) => ({
          OutputKey,
          OutputValue,
        })),
      },
    ],
  });
  const aws = {
    cloudFormation: { send: describeStack },
    ec2: { send: async () => ({ AvailabilityZones: zones.map((ZoneName) => ({ ZoneName })) }) },
  };
  return {
    aws,
    name: 'production',
    environment: ENVIRONMENTS.production,
    identity: { region: 'eu-1' },
  } as unknown as Context;
}

describe('the subject of the OIDC tokens', () => {
  const subjectOf = async (github: Github, outputs = {}) =>
    (await makeChoices(contextWith(outputs), github)).githubSubject;

  it('is the prefix that GitHub gives, for a repository with ids', async () => {
    const sub_claim_prefix = 'repo:octo@17/cars-api@42';
    installGh({ [RULE]: { use_default: true, use_immutable_subject: true, sub_claim_prefix } });
    expect(await subjectOf(GITHUB)).toBe(sub_claim_prefix);
  });

  it('is made of the ids of the repository when GitHub gives no prefix', async () => {
    const about = { id: 42, name: 'cars-api', owner: { login: 'octo', id: 17 } };
    installGh({
      [RULE]: { use_default: true, use_immutable_subject: true },
      [`/repos/${REPOSITORY}`]: about,
    });
    expect(await subjectOf(GITHUB)).toBe('repo:octo@17/cars-api@42');
  });

  it('has no ids for an older repository', async () => {
    installGh({ [RULE]: { use_default: true, use_immutable_subject: false } });
    expect(await subjectOf(GITHUB)).toBe('repo:octo/cars-api');
  });

  it('is rejected when it is customised and names no environment', async () => {
    installGh({ [RULE]: { use_default: false, include_claim_keys: ['repository_owner'] } });
    await expect(subjectOf(GITHUB)).rejects.toMatchObject({ exit: 'usage' });
  });

  it('is the option when it is given', async () => {
    installGh({ [RULE]: { use_default: true } });
    expect(await subjectOf({ ...GITHUB, subject: 'repo:a@1/b@2' })).toBe('repo:a@1/b@2');
  });

  it('stays what the roles trust when GitHub cannot be asked', async () => {
    installGh({});
    const outputs = { 'cars-api-shared': { GithubSubject: 'repo:octo@17/cars-api@42' } };
    expect(await subjectOf(GITHUB, outputs)).toBe('repo:octo@17/cars-api@42');
    await expect(subjectOf(GITHUB)).rejects.toMatchObject({ exit: 'usage' });
  });
});

describe('the availability zones', () => {
  const GIVEN: Github = { repository: undefined, subject: 'repo:a@1/b@2' };
  const zonesOf = ({ zones }: Choices) => [zones.get('production'), zones.get('staging')];

  it('are the first in the order of their names', async () => {
    const choices = await makeChoices(contextWith({}), GIVEN);
    expect(zonesOf(choices)).toEqual([
      ['eu-1a', 'eu-1b', 'eu-1c'],
      ['eu-1a', 'eu-1b'],
    ]);
  });

  it('stay what they are, whatever AWS lists later', async () => {
    const outputs = {
      'cars-api-base': { Zones: 'eu-1d,eu-1b' },
      'cars-api-staging-base': { Zones: 'eu-1d,eu-1c,eu-1a' },
    };
    const choices = await makeChoices(contextWith(outputs), GIVEN);
    expect(zonesOf(choices)).toEqual([
      ['eu-1d', 'eu-1b', 'eu-1a'],
      ['eu-1d', 'eu-1c'],
    ]);
  });

  it('are only those that have Fargate', async () => {
    // As one account names the zones of Tokyo:
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
    const tokyo = { a: 'apne1-az4', b: 'apne1-az3', c: 'apne1-az1', d: 'apne1-az2' };
    const AvailabilityZones = Object.entries(tokyo).map(([letter, ZoneId]) => ({
      ZoneName: `ap-northeast-1${letter}`,
      ZoneId,
    }));
    const { aws, ...context } = contextWith({});
    const choices = await makeChoices(
      {
        ...context,
        aws: { ...aws, ec2: { send: async () => ({ AvailabilityZones }) } },
        identity: { region: 'ap-northeast-1' },
      } as unknown as Context,
      GIVEN,
    );
    expect(zonesOf(choices)).toEqual([
      ['ap-northeast-1a', 'ap-northeast-1c', 'ap-northeast-1d'],
      ['ap-northeast-1a', 'ap-northeast-1c'],
    ]);
  });

  it('must be as many as the environment needs', async () => {
    const context = contextWith({}, ['eu-1a', 'eu-1b']);
    const choices = await makeChoices(context, GIVEN);
    expect(() => rejectTooFewZones(context, choices)).toThrow('needs 3 availability zones');
  });
});
