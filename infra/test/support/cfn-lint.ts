/** The data about AWS that cfn-lint ships, generated from AWS's references. */

import { execFileSync } from 'node:child_process';
import { pythonTool } from './python.ts';

/** The folder of that data. Installs cfn-lint if necessary, which may take minutes. */
export function specificationsFolder(): string {
  const code = 'import cfnlint.data.AdditionalSpecs as specs; print(*specs.__path__)';
  return execFileSync(pythonTool('python3'), ['-c', code], { encoding: 'utf8' }).trim();
}
