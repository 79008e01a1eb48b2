/**
 * `npm run bench:container`: measures the image's size, start-up time and memory. Needs Linux,
 * Docker and wrk.
 */

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { residentMemory } from '../tools/resident-memory.ts';
import { readOptions } from './options.ts';

const HELP = `Usage: npm run bench:container

Builds the image and measures: its size and that of its base image (MB), the time from docker run to the first
200 and from process start to listening (ms, median of 5 starts), and the resident memory when idle and under
full load for 15 s with 64 connections (MB). Prints a Markdown table. Needs Linux, Docker and wrk.

Example
  npm run bench:container
`;

const RUNS = 5;
const LOAD_SECONDS = 15;
const image = 'cars-api:bench';

function docker(...args: string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

const megabytes = (figure: number) => `${figure.toFixed(1)} MB`;
const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Returns the size of an image in MB. */
function sizeOf(name: string): number {
  return Number(docker('image', 'inspect', name, '--format', '{{.Size}}')) / 1e6;
}

/**
 * Starts a container and measures the milliseconds to its first 200, and from process start to
 * listening.
 */
async function start(): Promise<{ name: string; url: string; sinceRun: number; sinceProcess: number }> {
  const begun = performance.now();
  const name = docker(
    'run',
    '-d',
    '--rm',
    '--read-only',
    '--tmpfs',
    '/tmp',
    '--stop-timeout',
    '10',
    '-p',
    '127.0.0.1::5000',
    '-e',
    'AUTH_NONE_IS_INTENDED=true',
    image,
  );
  const url = `http://${docker('port', name, '5000/tcp').split('\n')[0]}`;
  while (!(await answers(`${url}/healthz`))) await new Promise((resolve) => setTimeout(resolve, 2));
  const sinceRun = performance.now() - begun;
  const processStart = Date.parse(
    docker('inspect', name, '--format', '{{.State.StartedAt}}').replace(/^(\S+) (\S+) (\S+).*$/, '$1T$2$3'),
  );
  const listening = /"time":"([^"]+)","message":"Server listening/.exec(docker('logs', name))?.[1] ?? '';
  return { name, url, sinceRun, sinceProcess: Date.parse(listening) - processStart };
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => resolve(response.resume().statusCode === 200)).on('error', () => resolve(false));
  });
}

/** Returns the resident memory of the container's process in MB. */
const memoryOf = (name: string) =>
  residentMemory(Number(docker('inspect', name, '--format', '{{.State.Pid}}')));

readOptions(HELP, {});
docker('build', '-t', image, '.');
const base = /^ARG BASE=(\S+)$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '';

const sinceRun: number[] = [];
const sinceProcess: number[] = [];
const idle: number[] = [];
for (let run = 0; run < RUNS; run += 1) {
  const container = await start();
  sinceRun.push(container.sinceRun);
  sinceProcess.push(container.sinceProcess);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  idle.push(memoryOf(container.name));
  docker('stop', container.name);
}

const { name, url } = await start();
const car = '{"brand":"Volkswagen","model":"Golf","year":2018}';
for (let index = 0; index < 1000; index += 1) {
  await fetch(`${url}/cars`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: car });
}
const peak: number[] = [];
const sampler = setInterval(() => peak.push(memoryOf(name)), 500);
await new Promise<void>((resolve, reject) => {
  const wrk = spawn('wrk', ['-t', '1', '-c', '64', '-d', `${LOAD_SECONDS}s`, `${url}/cars`], {
    stdio: 'ignore',
  });
  wrk.on('error', reject).on('close', () => resolve());
});
clearInterval(sampler);
docker('stop', name);

process.stdout.write(`| figure | value |
|---|---|
| image | ${megabytes(sizeOf(image))} |
| base image | ${megabytes(sizeOf(base))} |
| our layers | ${megabytes(sizeOf(image) - sizeOf(base))} |
| \`docker run\` to the first 200 (median of ${RUNS}) | ${median(sinceRun).toFixed(0)} ms |
| process start to listening | ${median(sinceProcess).toFixed(0)} ms |
| resident, idle | ${megabytes(median(idle))} |
| resident, highest under load (64 connections, pages of 100) | ${megabytes(Math.max(...peak))} |
`);
