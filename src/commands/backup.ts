/** The command `backup`: copies the embedded database to FILE, also while the service runs. Exits with 0 on success, 1 on failure, 2 on wrong usage. */

import { backUpFile } from '../database/sqlite/backup-file.ts';
import { runFileCommand } from './run-file-command.ts';

await runFileCommand('backup', backUpFile);
