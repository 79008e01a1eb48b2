/** The command `restore`: replaces the embedded database by the backup FILE; the service must be stopped. Exits with 0 on success, 1 on failure, 2 on wrong usage. */

import { restoreFile } from '../database/sqlite/backup-file.ts';
import { runFileCommand } from './run-file-command.ts';

await runFileCommand('restore', restoreFile);
