/** What cfn-lint knows of AWS beside its rules: lists that are made from AWS's own references. */

import { execFileSync } from 'node:child_process';
import { pythonTool } from './python.ts';

/** Where they are. Installs cfn-lint where it is not yet, which may take minutes. */
export function specificationsFolder(): string {
  const code = 'import cfnlint.data.AdditionalSpecs as specs; print(*specs.__path__)';
  return execFileSync(pythonTool('python3'), ['-c', code], { encoding: 'utf8' }).trim();
}
