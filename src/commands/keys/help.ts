/** The output of `npm run keys -- --help`. */

export const HELP = `Usage: npm run keys -- COMMAND [options]

Manages the API keys that the service accepts with AUTH=api-key. Every running instance applies a
change within 30 seconds.

The database of the service stores the keys. Give the command the same settings as the service, in
the environment or in .env: DATABASE_URL, or DATABASE_HOST, DATABASE_NAME, DATABASE_USER and
DATABASE_PASSWORD. Also set DATABASE_TLS if the service uses it.

Commands
  create    generate a key, store its hash, and print the key. Copy the key now, because no
            command can print it again
  list      print one line of JSON for each key: id, name, state, scopes and dates, but no secrets
  revoke    revoke the key with this name or id
  generate  generate a key without a database. Run it on the client's machine, so that the key
            never leaves that machine. It prints the key on line 1, and the options --id and --hash
            for "add" on line 2
  add       store the hash of a key made by "generate"

Options of create and add (all required)
  --name NAME         who uses the key: 1 to 64 letters, digits, dots, underscores and hyphens. Two
                      keys can have the same name only if one of them is revoked or expired
  --scope SCOPE       cars:read, cars:write or admin. No scope includes another. Repeat the option
                      for several scopes
  --expires DURATION  how long the key is valid, in minutes, hours or days: 30m, 12h, 90d.
                      Maximum: 3650d

Options of add (also required)
  --id ID             16 hexadecimal digits, as printed by "generate"
  --hash HASH         64 hexadecimal digits, as printed by "generate"

Other
  --help              print this help

Examples
  npm run --silent keys -- create --name shop --scope cars:read --scope cars:write --expires 90d
  npm run keys -- list
  npm run keys -- revoke shop
  npm run keys -- generate
  npm run keys -- add --id ID --hash HASH --name shop --scope cars:read --expires 90d

Exit codes
  0  done
  1  failed: the database is unavailable, the name is taken, or there is no such key
  2  wrong usage
`;
