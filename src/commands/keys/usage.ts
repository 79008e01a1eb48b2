/** What the command `keys` says of itself. */

export const USAGE = `Usage: npm run keys -- COMMAND [options]

Makes, lists and revokes the API keys that a service with AUTH=api-key accepts. Every running instance knows of a change within
30 seconds.

  create    --name NAME --scope SCOPE [--scope SCOPE] --expires TIME
            makes a key, keeps its digest in the database, and prints the key: the only time that it is shown
  generate  makes a key without a database. Prints two lines: the key, and the options --id and --hash that "add" takes.
            So the key is made where its owner is, and only its digest travels
  add       --id ID --hash HASH --name NAME --scope SCOPE [--scope SCOPE] --expires TIME
            keeps the digest of a key that was made elsewhere
  list      prints each key as a line of JSON, without any secret
  revoke    NAME or ID

  --name    who has the key: 1 to 64 letters, digits, dots, underscores and hyphens; one live key for each name
  --scope   cars:read, cars:write or admin; none implies another
  --expires from now: minutes, hours or days, as 30m, 12h or 90d; at most 3650d

The database is the one that the environment names, or a file .env, as for the service.
Exit code: 0 done; 1 it could not be done; 2 wrong usage.
`;
