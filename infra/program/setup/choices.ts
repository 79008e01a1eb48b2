/**
 * What the templates need to know about the account and the repository. It is chosen once and kept:
 * a later `setup` reads it from the outputs of the stacks.
 */

import { execFile } from 'node:child_process';
import { DescribeAvailabilityZonesCommand } from '@aws-sdk/client-ec2';
import { chosen, ENVIRONMENTS, type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { SHARED } from '../../platform/platform.ts';
import type { Aws } from '../core/aws.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import type { Choices } from './cdk.ts';
import { findStack, outputsOf } from './stacks.ts';

export interface Github {
  /** `owner/name`; undefined if no setting names it. */
  readonly repository: string | undefined;
  /** Given on the command line. */
  readonly subject: string | undefined;
}

/** Throws {@link Failure} `usage` or `region`. */
export async function makeChoices(context: Context, github: Github): Promise<Choices> {
  return { githubSubject: await chooseSubject(context.aws, github), zones: await chooseZones(context) };
}

/** The option, else what GitHub says, else what the roles trust already. */
async function chooseSubject(aws: Aws, { repository, subject }: Github): Promise<string> {
  if (subject !== undefined) return subject;
  const asked = repository === undefined ? undefined : await askGithub(repository);
  if (asked !== undefined) return asked;
  const trusted = outputsOf(await findStack(aws.cloudFormation, SHARED))['GithubSubject'];
  if (trusted !== undefined) return trusted;
  throw new Failure(
    'usage',
    'the subject of the OIDC tokens of the GitHub repository is unknown, and only its pipeline may release',
    'Install the GitHub CLI and sign in (`gh auth login`), or give --github-subject: docs/deploy/pipeline.md#the-subject',
  );
}

/**
 * Undefined without the GitHub CLI, or when it may not read this. Throws {@link Failure} `usage`
 * when the repository has a subject that names no branch or environment.
 * https://docs.github.com/en/rest/actions/oidc
 */
async function askGithub(repository: string): Promise<string | undefined> {
  const answer = await gh(`/repos/${repository}/actions/oidc/customization/sub`);
  if (answer === undefined) return undefined;
  const { use_default, include_claim_keys = [], sub_claim_prefix, use_immutable_subject } = answer;
  // The default is repo:…:ref:… or repo:…:environment:…, which is also what these two keys make.
  if (use_default === false && include_claim_keys.join() !== 'repo,context') {
    throw new Failure(
      'usage',
      `the subject of ${repository} is customised (${include_claim_keys.join(', ')}), so the roles cannot tell its environments apart`,
      'Use the default subject, or the claim keys repo and context: docs/deploy/pipeline.md#the-subject',
    );
  }
  if (sub_claim_prefix !== undefined) return sub_claim_prefix.replace(/:$/, '');
  if (use_immutable_subject !== true) return `repo:${repository}`;
  const { id, name, owner } = (await gh(`/repos/${repository}`)) ?? {};
  return owner && `repo:${owner.login}@${owner.id}/${name}@${id}`;
}

interface GithubAnswer {
  readonly use_default?: boolean;
  readonly include_claim_keys?: readonly string[];
  readonly use_immutable_subject?: boolean;
  readonly sub_claim_prefix?: string;
  readonly id?: number;
  readonly name?: string;
  readonly owner?: { readonly login: string; readonly id: number };
}

function gh(path: string): Promise<GithubAnswer | undefined> {
  return new Promise((resolve) => {
    execFile('gh', ['api', path], (error, stdout) => resolve(error ? undefined : JSON.parse(stdout)));
  });
}

/** Those of each environment's network, and further ones in the order of their names. */
async function chooseZones({ aws, identity }: Context): Promise<Map<EnvironmentName, readonly string[]>> {
  const names = Object.keys(ENVIRONMENTS) as EnvironmentName[];
  const zones = new Map<EnvironmentName, readonly string[]>();
  let available: readonly string[] | undefined;
  for (const name of names) {
    const count = chosen(ENVIRONMENTS[name].network.zones);
    const { Zones } = outputsOf(await findStack(aws.cloudFormation, `${prefixOf(name)}-base`));
    const kept = Zones === undefined ? [] : Zones.split(',');
    if (kept.length < count) available ??= await availableZones(aws, identity.region);
    const others = (available ?? []).filter((zone) => !kept.includes(zone));
    zones.set(name, [...kept, ...others].slice(0, count));
  }
  return zones;
}

/**
 * The ids of the zones that have Fargate, in the regions where not all have it. An id is the same
 * zone in every account; a name is not.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
 */
const FARGATE_ZONES: Readonly<Record<string, readonly string[]>> = {
  'ap-northeast-1': ['apne1-az1', 'apne1-az2', 'apne1-az4'],
  'cn-north-1': ['cnn1-az1', 'cnn1-az2'],
  'us-west-1': ['usw1-az1', 'usw1-az3'],
};

/**
 * Without local zones, without those that the account has not opted in to, and without those that
 * cannot run the tasks.
 */
async function availableZones(aws: Aws, region: string): Promise<string[]> {
  const { AvailabilityZones = [] } = await aws.ec2.send(
    new DescribeAvailabilityZonesCommand({
      Filters: [
        { Name: 'zone-type', Values: ['availability-zone'] },
        { Name: 'state', Values: ['available'] },
      ],
    }),
  );
  const withFargate = FARGATE_ZONES[region];
  return AvailabilityZones.filter(({ ZoneId = '' }) => withFargate?.includes(ZoneId) ?? true)
    .map(({ ZoneName = '' }) => ZoneName)
    .sort();
}

/** Throws {@link Failure} `region` when the region has too few zones for the environment. */
export function rejectTooFewZones({ name, environment, identity }: Context, { zones }: Choices): void {
  const count = chosen(environment.network.zones);
  const found = zones.get(name)?.length ?? 0;
  if (found >= count) return;
  throw new Failure(
    'region',
    `${name} needs ${count} availability zones, and ${identity.region} offers ${found}`,
    'Choose another region, or `zones` with a reason in infra/platform/environments.ts.',
  );
}
