/**
 * Adds up a run and prints `N passed, N failed` as its last line; exit code 1 when anything failed. Names what was not run.
 * A test counts once, however many suites ran it, and has passed when it passed in each. A step that is no suite counts as one test.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** Tests that may pass at the second try only. Only the suite of faults tries again. */
const MAX_RETRIED = 2;

const [folder, seconds] = process.argv.slice(2);
const read = (name) => (existsSync(`${folder}/${name}`) ? readFileSync(`${folder}/${name}`, 'utf8') : '');
const lines = (text) => text.split('\n').filter((line) => line !== '');
const say = (line) => process.stdout.write(`${line}\n`);

/** By file and title: whether it passed everywhere. */
const tests = new Map();
const failures = [];
const retried = [];

const durations = [];
let passedSteps = 0;
for (const line of lines(read('results'))) {
  const [code, took, name] = line.split('\t');
  if (code === 'not run') {
    say(`Not run here: ${name}`);
    continue;
  }
  durations.push(`${name} ${took} s`);
  const text = read(`reports/${name}.json`);
  const isSuite = text !== '';
  const failedTests = isSuite ? readSuite(name, JSON.parse(text)) : 0;
  if (code === '0') passedSteps += isSuite ? 0 : 1;
  else if (failedTests === 0) failures.push(`${name}: exit code ${code}`);
}

/** Notes each test of a report; returns how many failed. */
function readSuite(suite, { testResults }) {
  const before = failures.length;
  for (const { name: path, status, message, assertionResults } of testResults) {
    const file = relative('.', path);
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed'))
      failures.push(`${suite}: ${file}: ${message}`);
    const seen = new Map();
    for (const { fullName, status, failureMessages } of assertionResults) {
      const number = (seen.get(fullName) ?? 0) + 1;
      seen.set(fullName, number);
      const key = `${file} > ${fullName} ${number}`;
      if (status !== 'passed') failures.push(`${suite}: ${file} > ${fullName}: ${status}`);
      // Vitest keeps the failure of a test that passed when it was tried again.
      else if (failureMessages.length > 0)
        retried.push(`${suite}: ${file} > ${fullName}\n    ${failureMessages[0].slice(0, 300)}`);
      tests.set(key, status === 'passed' && (tests.get(key) ?? true));
    }
  }
  return failures.length - before;
}

for (const left of lines(read('left-behind'))) failures.push(`left behind: ${left}`);
if (retried.length > MAX_RETRIED)
  failures.push(`${retried.length} tests were retried; ${MAX_RETRIED} may be`);

const logs = existsSync(`${folder}/steps`) ? readdirSync(`${folder}/steps`) : [];
const clientRetries = logs.flatMap((log) =>
  lines(read(`steps/${log}`)).filter((line) => line.startsWith('503 for ')),
);

say(`Durations: ${durations.join(', ')}; ${seconds} s in all`);
say(`Requests that a test's client repeated after a 503: ${clientRetries.length}`);
for (const line of clientRetries) say(`  ${line}`);
say(`Tests that passed at the second try only: ${retried.length}`);
for (const test of retried) say(`  ${test}`);
for (const failure of failures) say(`FAILED ${failure}`);
const passed = passedSteps + [...tests.values()].filter((hasPassed) => hasPassed).length;
say(`${passed} passed, ${failures.length} failed`);
process.exitCode = passed > 0 && failures.length === 0 ? 0 : 1;
