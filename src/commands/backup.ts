/** The command `backup`: copies the embedded database to FILE, also while the service runs. Exits with 0 on success, 1 on failure, 2 on wrong usage. */

import { backUpFile } from '../database/sqlite/backup-file.ts';
import { runFileCommand } from './run-file-command.ts';

const HELP = `Usage: npm run backup -- FILE

Copies the embedded database to FILE, and checks the copy. FILE must not exist yet. The service can
run meanwhile. DATABASE_URL, in the environment or in .env, names the database.
Default: sqlite:data/cars.db

Example
  npm run backup -- cars-backup.db

Exit codes
  0  done
  1  failed
  2  wrong usage
`;

await runFileCommand('backup', HELP, backUpFile);
