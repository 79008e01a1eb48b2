/** The command `restore`: replaces the embedded database by the backup FILE; the service must be stopped. Exits with 0 on success, 1 on failure, 2 on wrong usage. */

import { restoreFile } from '../database/sqlite/backup-file.ts';
import { runFileCommand } from './run-file-command.ts';

const HELP = `Usage: npm run restore -- FILE

Replaces the embedded database with the backup FILE. Stop the service first: while a service has the
database open, the command fails and changes nothing. The old database is kept beside the new one,
with the ending .before-restore. DATABASE_URL, in the environment or in .env, names the database.
Default: sqlite:data/cars.db

Example
  npm run restore -- cars-backup.db

Exit codes
  0  done
  1  failed
  2  wrong usage
`;

await runFileCommand('restore', HELP, restoreFile);
