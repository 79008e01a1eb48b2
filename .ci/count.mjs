/** Adds up the reports of the suites and prints `N passed, N failed`; exit code 1 when anything failed or did not run. */

import { readdirSync, readFileSync } from 'node:fs';

const [folder, failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = Number(failedSteps);
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
  const notRun = report.numTotalTests - report.numPassedTests - report.numFailedTests;
  process.stdout.write(
    `${file}: ${report.numPassedTests} passed, ${report.numFailedTests} failed, ${notRun} not run\n`,
  );
  passed += report.numPassedTests;
  failed += report.numFailedTests + notRun;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
