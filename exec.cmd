@rem npm scripts begin with `exec`, a command of POSIX shells. On Windows, cmd.exe finds this file instead.
@%*
