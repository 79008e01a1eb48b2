#!/usr/bin/env bash
# The checks that take too long for each change: `scripts/pipeline/weekly.sh adapt|audit|clients|fuzz|faults|soak`.
#   clients checks openapi.json with Spectral, uses the packed client on Node 20, 22 and 24, and calls every operation with every
#           generated client (5 minutes); needs Python, Java 17, Maven and Go
#   fuzz    100,000 random requests made from openapi.json, with seeds that no other week has (30 minutes)
#   faults  the fault suite, without a retry (6 minutes)
#   soak    ten minutes of full load, then the memory in use is compared
#   audit   looks up the dependencies in npm's list of vulnerabilities
#   adapt   a field is added to a copy, and every place that can be forgotten is announced (15 minutes)
# `faults` and `soak` need a MySQL server, haproxy and wrk. haproxy and wrk are installed on Debian and Ubuntu where they are missing. `faults`
# also needs MariaDB, and on Ubuntu 24.04 the right to make namespaces; on GitHub, both are set up.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=${1:?adapt, audit, clients, fuzz, faults or soak}
npm ci
case $suite in
  clients)
    npm run --silent lint:openapi
    npm ci --prefix client
    npm run --silent test:client
    npm run --silent test:clients
    ;;
  # A run takes a few dozen seeds.
  fuzz) npm run --silent fuzz -- --requests 100000 --seed $((10#$(date +%Y%V) * 1000)) ;;
  audit) npm run --silent audit:dependencies ;;
  adapt) npm run --silent test:adapt -- --each ;;
  faults | soak)
    for program in haproxy wrk; do
      command -v $program >/dev/null || sudo apt-get install --yes --no-install-recommends $program
    done
    # Only on a runner of GitHub, because it changes the machine.
    if [ "$suite" = faults ] && [ -n "${CI:-}" ]; then
      # The test of signing in by token needs MariaDB's PAM plugin.
      mariadbd --version >/dev/null 2>&1 || sudo apt-get install --yes --no-install-recommends mariadb-server
      # Ubuntu 24.04 keeps ordinary users from making a namespace, in which two tests mount a small disk.
      if [ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ]; then
        sudo sysctl --quiet kernel.apparmor_restrict_unprivileged_userns=0
      fi
    fi
    npm run --silent "test:$suite"
    ;;
  *) echo "there is no weekly check $suite" >&2 && exit 2 ;;
esac
