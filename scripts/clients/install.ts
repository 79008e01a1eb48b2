/** Installs the generators and the libraries of their clients, in a cache folder outside the repository. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';
import versions from './versions.json' with { type: 'json' };

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cars-api-clients');

/** Version 3.8.1 of the plugin that copies an artifact from Maven Central. */
const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';

/** Returns the folder that contains `node_modules`. */
export function installNpm(name: keyof typeof versions.npm): Promise<string> {
  return install(`npm-${name}`, versions.npm[name], async (folder, packages) => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
      cwd: folder,
    });
  });
}

/** Returns the folder of the programs of a virtual environment: `python` and those of the packages. */
export async function installPip(name: keyof typeof versions.pip): Promise<string> {
  const environment = await install(`pip-${name}`, versions.pip[name], async (folder, packages) => {
    await run('python3', ['-m', 'venv', '--clear', folder]);
    const options = ['--quiet', '--disable-pip-version-check'];
    await run(join(folder, 'bin/pip'), ['install', ...options, ...packages]);
  });
  return join(environment, 'bin');
}

/** Returns the path of openapi-generator's jar. */
export async function installOpenapiGenerator(): Promise<string> {
  const artifacts = versions.maven['openapi-generator'];
  const folder = await install('maven-openapi-generator', artifacts, async (folder, [artifact]) => {
    const options = ['--quiet', '--batch-mode', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
    await run('mvn', [MAVEN_COPY, ...options, '-Dmdep.stripVersion=true'], { cwd: folder });
  });
  return join(folder, 'openapi-generator-cli.jar');
}

const installing = new Map<string, Promise<string>>();

/** Calls `fill` with an empty folder, unless the folder already has these packages. */
function install(
  name: string,
  packages: readonly string[],
  fill: (folder: string, packages: readonly string[]) => Promise<void>,
): Promise<string> {
  const folder = join(CACHE, name);
  const list = join(folder, 'installed.txt');
  const wanted = packages.join('\n');
  async function installOnce(): Promise<string> {
    if (existsSync(list) && readFileSync(list, 'utf8') === wanted) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await fill(folder, packages);
    writeFileSync(list, wanted);
    return folder;
  }
  const installation = installing.get(name) ?? installOnce();
  installing.set(name, installation);
  return installation;
}
