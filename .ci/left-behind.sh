# shellcheck shell=bash
# Finds and ends what a step left behind: processes, the ports on which they listen, and temporary files. To be sourced by
# a script that has its files below `$run`.

# The processes of sessions (files with a session's number) and those that work in one of the folders or name it in their
# command line, as a daemon does that began a session of its own. Never those of this shell's own session, nor those that
# ran before: $run/earlier has their numbers.
processes_of() { # file of a session or folder…
  local sessions=' ' folders=() argument pid session state own where
  for argument; do
    if [ -f "$argument" ]; then sessions+="$(<"$argument") "
    elif [ -d "$argument" ]; then folders+=("$argument"); fi
  done
  read -r own < <(ps -o sid= -p $$)
  local earlier
  earlier=" $(tr '\n' ' ' <"${run:?}/earlier") "
  ps -eo pid=,sid=,stat= | while read -r pid session state; do
    # The kernel's threads have session 0; a zombie has ended.
    [[ $session != 0 && $session != "$own" && $state != Z* && $earlier != *" $pid "* ]] || continue
    if [[ $sessions == *" $session "* ]]; then
      echo "$pid"
      continue
    fi
    where="$({ readlink "/proc/$pid/cwd" && tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | tr '\n' ' ')"
    for argument in "${folders[@]}"; do
      if [[ $where == *"$argument"[/\ ]* ]]; then
        echo "$pid"
        break
      fi
    done
  done
}

# Prints what is left, one on a line, and ends it. A process gets ten seconds to end by itself.
left_behind() { # file of a session or folder…
  local pids pid argument
  local end=$((SECONDS + 10))
  while pids=$(processes_of "$@") && [ -n "$pids" ] && [ $SECONDS -lt $end ]; do sleep 0.5; done
  for pid in $pids; do
    echo "process $pid$(ports_of "$pid"): $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-150)"
    kill -KILL "$pid" 2>/dev/null || true
  done
  for argument; do
    case $argument in
      # Node and npm keep caches of code.
      "${run:?}"/*) find "$argument" -mindepth 1 -maxdepth 1 ! -name node-compile-cache -printf 'temporary file %f\n' ;;
    esac
  done
}

ports_of() { # pid
  ss -ltnpH 2>/dev/null | awk -v pid="pid=$1," 'index($0, pid) { sub(/.*:/, "", $4); printf ", listening on port %s", $4 }'
}
