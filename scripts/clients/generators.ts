/** The generated clients: how each is generated and built, and the program that calls every operation with it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../../tools/free-port.ts';
import { installNpm, installOpenapiGenerator, installPip } from './install.ts';
import { run } from './run.ts';

export interface GeneratedClient {
  /** Generates and builds the client in the folder, from `openapi.json` there. Returns the program that calls. */
  readonly prepare: (folder: string) => Promise<Program>;
  /** Starts a proxy that the requests pass through. Returns its address, and how to stop it. */
  readonly startProxy?: (folder: string, service: string) => Promise<Proxy>;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Proxy {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const CALLERS = join(import.meta.dirname, 'callers');

/** Milliseconds. */
const PROXY_STARTS_WITHIN = 60_000;

export const CLIENTS: Readonly<Record<string, GeneratedClient>> = {
  'openapi-fetch': { prepare: prepareOpenapiFetch },
  'hey-api': { prepare: prepareHeyApi },
  python: { prepare: preparePython },
  'openapi-python-client': { prepare: prepareOpenapiPythonClient },
  'datamodel-code-generator': { prepare: prepareDatamodelCodeGenerator },
  java: { prepare: prepareJava },
  go: { prepare: prepareGo },
  postman: { prepare: preparePostman },
  prism: { prepare: prepareOpenapiFetch, startProxy: startPrism },
};

async function prepareOpenapiFetch(folder: string): Promise<Program> {
  const tools = await linkPackages(folder, 'openapi-fetch');
  await runNode(folder, join(tools, 'openapi-typescript/bin/cli.js'), 'openapi.json', '--output', 'api.d.ts');
  return compile(folder, tools, 'openapi-fetch.ts');
}

async function prepareHeyApi(folder: string): Promise<Program> {
  const tools = await linkPackages(folder, 'hey-api');
  const config = {
    input: './openapi.json',
    output: './api',
    plugins: ['@hey-api/client-fetch', 'zod', { name: '@hey-api/sdk', validator: true }],
    logs: { file: false },
  };
  writeFileSync(join(folder, 'openapi-ts.config.mjs'), `export default ${JSON.stringify(config)};\n`);
  await runNode(folder, join(tools, '@hey-api/openapi-ts/bin/run.js'));
  return compile(folder, tools, 'hey-api.ts');
}

async function preparePython(folder: string): Promise<Program> {
  const bin = await installPip('python');
  await generate(folder, 'python', '.');
  return callPython(folder, bin, 'python.py');
}

async function prepareOpenapiPythonClient(folder: string): Promise<Program> {
  const bin = await installPip('openapi-python-client');
  writeFileSync(join(folder, 'config.yml'), 'post_hooks: []\n');
  const options = [
    '--path',
    'openapi.json',
    '--config',
    'config.yml',
    '--meta',
    'none',
    '--output-path',
    'api',
  ];
  await run(join(bin, 'openapi-python-client'), ['generate', ...options], { cwd: folder });
  return callPython(folder, bin, 'openapi-python-client.py');
}

async function prepareDatamodelCodeGenerator(folder: string): Promise<Program> {
  const bin = await installPip('datamodel-code-generator');
  const options = ['--input', 'openapi.json', '--input-file-type', 'openapi', '--output', 'models.py'];
  await run(join(bin, 'datamodel-codegen'), [...options, '--output-model-type', 'pydantic_v2.BaseModel'], {
    cwd: folder,
  });
  return callPython(folder, bin, 'datamodel-code-generator.py');
}

async function prepareJava(folder: string): Promise<Program> {
  await generate(folder, 'java', '.', '--library', 'native');
  copyFileSync(join(CALLERS, 'Caller.java'), join(folder, 'src/main/java/Caller.java'));
  const goals = ['compile', 'dependency:copy-dependencies', '-DincludeScope=runtime'];
  await run('mvn', ['--quiet', '--batch-mode', ...goals], { cwd: folder });
  return { command: 'java', args: ['-classpath', 'target/classes:target/dependency/*', 'Caller'] };
}

async function prepareGo(folder: string): Promise<Program> {
  await generate(folder, 'go', 'api', '--additional-properties', 'packageName=api,withGoMod=false');
  writeFileSync(join(folder, 'go.mod'), 'module cars.test\n\ngo 1.23\n');
  copyFileSync(join(CALLERS, 'caller.go'), join(folder, 'caller.go'));
  await run('go', ['build', '-o', 'caller', 'caller.go'], { cwd: folder });
  return { command: join(folder, 'caller'), args: [] };
}

async function preparePostman(folder: string): Promise<Program> {
  const tools = await linkPackages(folder, 'postman');
  const settings = 'parametersResolution=Example,enableOptionalParameters=false';
  const options = ['--spec', 'openapi.json', '--output', 'collection.json', '--options', settings];
  await runNode(folder, join(tools, 'openapi-to-postmanv2/bin/openapi2postmanv2.js'), ...options);
  copyFileSync(join(CALLERS, 'postman.mjs'), join(folder, 'postman.mjs'));
  return { command: process.execPath, args: ['postman.mjs'] };
}

/** Puts Prism in front of the service. It checks each request and each answer, and reports what it finds in a header field. */
async function startPrism(folder: string, service: string): Promise<Proxy> {
  const tools = join(await installNpm('prism'), 'node_modules');
  const port = await findFreePort();
  const args = ['proxy', 'openapi.json', service, '--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, [join(tools, '@stoplight/prism-cli/dist/index.js'), ...args], {
    cwd: folder,
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = () => end(child);
  const begun = performance.now();
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))) {
    if (child.exitCode !== null || performance.now() - begun > PROXY_STARTS_WITHIN) {
      await stop();
      throw new Error('Prism did not start');
    }
    await sleep(100);
  }
  return { url, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Makes installed packages importable in the folder. Returns their `node_modules`. */
async function linkPackages(folder: string, name: Parameters<typeof installNpm>[0]): Promise<string> {
  const packages = join(await installNpm(name), 'node_modules');
  symlinkSync(packages, join(folder, 'node_modules'));
  return packages;
}

function runNode(folder: string, ...args: string[]): Promise<void> {
  return run(process.execPath, args, { cwd: folder });
}

/** Compiles a caller and its client with the strict settings of most projects. */
async function compile(folder: string, tools: string, caller: string): Promise<Program> {
  copyFileSync(join(CALLERS, caller), join(folder, 'call.ts'));
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    module: 'node16',
    types: ['node'],
    skipLibCheck: true,
    outDir: 'out',
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['call.ts'] }));
  await runNode(folder, join(tools, 'typescript/bin/tsc'));
  return { command: process.execPath, args: ['out/call.js'] };
}

function callPython(folder: string, bin: string, caller: string): Program {
  copyFileSync(join(CALLERS, caller), join(folder, 'call.py'));
  return { command: join(bin, 'python'), args: ['call.py'] };
}

/** Runs openapi-generator. */
async function generate(
  folder: string,
  language: string,
  output: string,
  ...options: string[]
): Promise<void> {
  const jar = await installOpenapiGenerator();
  mkdirSync(join(folder, output), { recursive: true });
  const args = ['generate', '-i', 'openapi.json', '-g', language, '-o', output, ...options];
  await run('java', ['-jar', jar, ...args], { cwd: folder });
}
