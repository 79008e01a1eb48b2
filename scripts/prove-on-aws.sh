#!/usr/bin/env bash
# Proves on a real AWS account what the tests cannot: sets up staging, releases to it under load, breaks a release, rolls back, restores the
# database, and tears everything down, however it ends. Prints PASS or FAIL for each step, with evidence.
#
#   scripts/prove-on-aws.sh [--dry-run] [--limit DOLLARS] [--github-subject SUBJECT]
#
# Estimated: 100 minutes and 1 dollar. It stops before it creates anything if three hours would cost more than --limit (default: 5) by AWS's
# price list, or if the account has a staging environment already. Needs AWS_REGION, administrator's credentials that last three hours, the AWS
# command line, Docker with buildx, curl, and a checkout without changes. With --dry-run it prints the commands and runs none.
set -euo pipefail
cd "$(dirname "$0")/.."

dry_run='' limit=5 github=()
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=yes ;;
    --limit) limit=${2:?dollars} && shift ;;
    --github-subject) github=(--github-subject "${2:?as repo:OWNER@1/NAME@2}") && shift ;;
    --help) sed -n '2,9s/^# \{0,1\}//p' scripts/prove-on-aws.sh && exit ;;
    *) echo "there is no option $1: see scripts/prove-on-aws.sh --help" >&2 && exit 2 ;;
  esac
  shift
done

program=infra/aws-deploy.sh
on_staging=(--environment staging)
commit=$(git rev-parse HEAD)
folder=$(mktemp -d "${TMPDIR:-/tmp}/prove-on-aws.XXXXXX")
number=0 started='' had_shared='' image='' address='' key=''
exec 3>&1

# Runs a command; with --dry-run prints it instead.
call() {
  if [ -n "$dry_run" ]; then printf '      %s\n' "$*" >&3; else "$@"; fi
}

# Runs a command every ten seconds, for five minutes, until it prints a line like this.
until_prints() { # pattern, command…
  local pattern=$1
  shift
  if [ -n "$dry_run" ]; then call "$@" && return; fi
  for _ in $(seq 30); do
    "$@" | tee "$folder/answer"
    if grep -qE "$pattern" "$folder/answer"; then return; fi
    sleep "${PROVE_PAUSE:-10}"
  done
  return 1
}

step() { # title, exit code, pattern of the evidence, command…
  local title=$1 expected=$2 pattern=$3 begin=$SECONDS code=0 log
  shift 3
  number=$((number + 1))
  log=$folder/$number.log
  if [ -n "$dry_run" ]; then
    printf '%2d. %s: exit code %d, and a line like /%s/\n' $number "$title" "$expected" "$pattern"
    "$@"
    return
  fi
  "$@" >"$log" 2>&1 || code=$?
  if [ $code = "$expected" ] && grep -qE "$pattern" "$log"; then
    printf 'PASS %2d. %s (%d s): %s\n' $number "$title" $((SECONDS - begin)) "$(grep -m1 -E "$pattern" "$log")"
    return
  fi
  printf 'FAIL %2d. %s (%d s): exit code %s, must be %s, with a line like /%s/\n' \
    $number "$title" $((SECONDS - begin)) $code "$expected" "$pattern"
  tail -n 20 "$log" | sed 's/^/     | /'
  exit 1
}

stack() { # stack, query
  aws cloudformation describe-stacks --stack-name "$1" --output text --query "Stacks[0].$2" 2>/dev/null
}

# What staging costs in three hours, and what the price list does not know.
check_price() {
  call $program plan "${on_staging[@]}" "${github[@]}" --json >"$folder/plan.json"
  if [ -n "$dry_run" ]; then return; fi
  # shellcheck disable=SC2016 # a script of Node
  node --eval '
    const { costs } = JSON.parse(fs.readFileSync(process.argv[1]));
    const dollars = (costs.reduce((sum, { usd = 0 }) => sum + usd, 0) / 730) * 3;
    const unknown = costs.filter(({ usd }) => usd === undefined).map(({ part }) => part);
    console.log(`${dollars.toFixed(2)} dollars for three hours, without: ${unknown.join(", ")}`);
    process.exit(dollars > Number(process.argv[2]) ? 1 : 0);' "$folder/plan.json" "$limit"
}

check_nobody_is_here() {
  call aws sts get-caller-identity
  if [ -n "$dry_run" ]; then return; fi
  if stack cars-api-shared StackStatus; then had_shared=yes; fi
  for name in base data service; do
    if stack cars-api-staging-$name StackStatus; then
      echo "staging exists in this account, and would be torn down"
      return 1
    fi
  done
}

create_key() {
  call $program keys create "${on_staging[@]}" --name prove --scope cars:read --scope cars:write --expires 1d --json >"$folder/key.json"
  if [ -n "$dry_run" ]; then return; fi
  key=$(node --print 'JSON.parse(fs.readFileSync(process.argv[1])).key' "$folder/key.json")
  address=$(stack cars-api-staging-service "Outputs[?OutputKey=='Address'].OutputValue")
  image=$(stack cars-api-shared "Outputs[?OutputKey=='RepositoryUri'].OutputValue")
  echo "a key for $address"
}

use_service() {
  CARS_API_KEY=$key call node scripts/smoke-test.ts "${address:-ADDRESS}"
}

# CloudWatch itself reports whether the topic has accepted the message.
test_alarm() {
  local alarm=(--alarm-name cars-api-staging-logged-errors)
  call aws cloudwatch set-alarm-state "${alarm[@]}" --state-value ALARM --state-reason 'a test'
  until_prints 'Successfully executed action' \
    aws cloudwatch describe-alarm-history "${alarm[@]}" --history-item-type Action --max-items 5 --output text
}

# Another image: the live one, with lines of a Dockerfile added. `build` has logged Docker in and made the builder.
push_variant() { # tag, lines
  call docker buildx build --builder cars-api --platform linux/amd64 --tag "${image:-REPOSITORY}:$1" --push - <<END
FROM ${image:-REPOSITORY}:$commit
$2
END
}

post_cars() {
  while [ -e "$folder/load" ]; do
    curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}\n' "$address/cars" \
      --header "Authorization: Bearer $key" --header 'Content-Type: application/json' \
      --data '{"brand": "Volkswagen", "model": "Golf", "year": 2018}' || true
    sleep 0.2
  done >"$folder/codes"
}

release_under_load() { # tag
  local code=0
  push_variant "$1" 'LABEL prove=good'
  touch "$folder/load"
  if [ -z "$dry_run" ]; then post_cars & fi
  call $program deploy "$1" "${on_staging[@]}" || code=$?
  rm "$folder/load"
  wait
  if [ -n "$dry_run" ]; then return; fi
  echo "$(grep -c . "$folder/codes") requests, $(grep -cv '^201$' "$folder/codes") not answered with 201"
  return $code
}

release_bad_image() { # tag
  # shellcheck disable=SC2016 # the shell in the image expands it
  push_variant "$1" 'ENTRYPOINT ["sh", "-c", "[ \"$0\" = serve ] && exit 1; exec node /app/dist/run.js \"$0\""]'
  call $program deploy "$1" "${on_staging[@]}"
}

list_left() {
  call aws resourcegroupstaggingapi get-resources --output text --query 'ResourceTagMappingList[].ResourceARN' \
    --tag-filters Key=application,Values=cars-api Key=environment,Values=staging | tr '\t' '\n'
}

# Deletes staging and what `destroy` keeps. Continues when a part fails, and lists what is left.
teardown() {
  local code=$? id arn
  trap '' INT TERM
  set +e
  if [ -n "$started" ]; then
    echo "Tearing staging down. This takes up to 20 minutes; do not stop it."
    for id in $(call aws rds describe-db-instances --output text \
      --query "DBInstances[?starts_with(DBInstanceIdentifier, 'cars-api-staging-')].DBInstanceIdentifier"); do
      call aws rds delete-db-instance --db-instance-identifier "$id" --skip-final-snapshot
      call aws rds wait db-instance-deleted --db-instance-identifier "$id"
    done
    call $program destroy "${on_staging[@]}" --confirm staging || echo 'staging was not deleted'
    for arn in $(list_left); do
      case $arn in
        *:snapshot:*) call aws rds delete-db-snapshot --db-snapshot-identifier "${arn##*:snapshot:}" ;;
        *:secret:*) call aws secretsmanager delete-secret --secret-id "$arn" --force-delete-without-recovery ;;
        arn:*:s3:::*) call aws s3 rb "s3://${arn##*:}" --force ;;
        *:key/*) call aws kms schedule-key-deletion --key-id "$arn" --pending-window-in-days 7 ;;
      esac
    done
    if [ -n "$had_shared" ]; then
      call aws ecr batch-delete-image --repository-name cars-api --image-ids \
        imageTag="$good" imageTag="released-staging-$good" imageTag="$bad" imageTag="released-staging-$bad"
    else
      call aws cloudformation delete-stack --stack-name cars-api-shared
      call aws ecr delete-repository --repository-name cars-api --force
    fi
    echo "Left with the tags of staging (keys are deleted after seven days):"
    list_left
  fi 2>&1 | tee "$folder/teardown.log"
  if grep -qs 'was not deleted' "$folder/teardown.log"; then code=1; fi
  if [ -n "$dry_run" ]; then rm -r "$folder"; else echo "Output of each step: $folder"; fi
  exit $code
}
trap teardown EXIT
trap 'exit 130' INT TERM

good=prove-good-$(date +%s) bad=prove-bad-$(date +%s)
step 'the account has no staging environment' 0 'Account' check_nobody_is_here
step "three hours cost at most $limit dollars" 0 'dollars for three hours' check_price
started=yes
step 'setup creates the platform' 0 'cars-api-staging-service +CREATE_COMPLETE' call $program setup "${on_staging[@]}" "${github[@]}" --yes
step 'setup again changes nothing' 0 'cars-api-staging-service +none' call $program setup "${on_staging[@]}" "${github[@]}" --yes
step 'build pushes the image of this commit' 0 "$commit" call $program build
step 'deploy makes it live' 0 "$commit is live on staging" call $program deploy "$commit" "${on_staging[@]}"
step 'a key is created' 0 'a key for http' create_key
step 'the service works from outside' 0 'works$' use_service
step 'a release loses no request' 0 '[1-9][0-9]* requests, 0 not answered' release_under_load "$good"
step 'a bad release is rolled back' 3 'ECS rolled the release back' release_bad_image "$bad"
step 'the previous image is live' 0 "$good" call $program status "${on_staging[@]}"
step 'a rollback does not undo the same release again' 5 'To go back further' call $program rollback "${on_staging[@]}"
step 'rollback goes back to the release that is named' 0 "$commit is live on staging" call $program rollback "$commit" "${on_staging[@]}"
step 'the service still works' 0 'works$' use_service
step 'an alarm reaches its topic' 0 'Successfully executed action' test_alarm
step 'the database is restored and checked' 0 'Checked by a task' call $program restore --latest "${on_staging[@]}"
