# Finds and ends what a step left behind: processes, the ports on which they listen, and temporary files. To be sourced by
# a script whose files are below `$run`.

# The processes of sessions (files with a session's number) and those that work in one of the folders or name it in their
# command line, as a daemon does that began a session of its own. Never those of this shell's own session.
processes_of() { # file of a session or folder…
  local sessions=' ' folders=() argument process stat own session
  for argument; do
    if [ -f "$argument" ]; then sessions+="$(<"$argument") "
    elif [ -d "$argument" ]; then folders+=("$argument"); fi
  done
  own=$(session_of /proc/$$)
  for process in /proc/[0-9]*; do
    session=$(session_of "$process")
    [ -n "$session" ] && [ "$session" != "$own" ] || continue
    case $sessions in
      *" $session "*) echo "${process#/proc/}" ;;
      *)
        for argument in "${folders[@]}"; do
          case "$(readlink "$process/cwd") $(tr '\0' ' ' <"$process/cmdline")" in
            *"$argument"[/\ ]*) echo "${process#/proc/}"; break ;;
          esac
        done
        ;;
    esac 2>/dev/null
  done
}

# The session of a process; nothing for one that has ended.
session_of() { # /proc/PID
  local stat state rest
  { stat=$(<"$1/stat"); } 2>/dev/null || return 0
  # Behind the name, which may have spaces and brackets in it: state, parent, group, session.
  read -r state _ _ rest _ <<<"${stat##*) }"
  [ "$state" = Z ] || echo "$rest"
}

# Prints what is left, one on a line, and ends it. A process gets ten seconds to end by itself.
left_behind() { # file of a session or folder…
  local pids pid argument
  for _ in $(seq 20); do
    pids=$(processes_of "$@")
    [ -n "$pids" ] || break
    sleep 0.5
  done
  for pid in $pids; do
    echo "process $pid$(ports_of "$pid"): $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-150)"
    kill -KILL "$pid" 2>/dev/null || true
  done
  for argument; do
    case $argument in
      # Node and npm keep caches of code.
      "$run"/*) find "$argument" -mindepth 1 -maxdepth 1 ! -name node-compile-cache -printf 'temporary file %f\n' ;;
    esac
  done
}

ports_of() { # pid
  ss -ltnpH 2>/dev/null | awk -v pid="pid=$1," 'index($0, pid) { sub(/.*:/, "", $4); printf ", listening on port %s", $4 }'
}
