# Completion of godwit for bash; zsh takes it after `autoload bashcompinit && bashcompinit`.
# Commands and options are read from `godwit --help` and `godwit COMMAND --help`, so none can be missing here.

_godwit_commands() {
  godwit --help 2>/dev/null | awk '/^Subcommands:|^SUBCOMMANDS:/ {on = 1; next} on && /^  [a-z]/ {print $1}'
}

_godwit_options() { godwit "$@" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+' | sort -u; }

_godwit_values() { # OPTION
  case $1 in
    --type) echo full-load full-load-and-cdc cdc ;;
    --output) echo text json ;;
    --auth) echo sigv4 none ;;
    --role) echo admin operator viewer ;;
    --cdc-stop-position) echo caught-up position: server_time: commit_time: ;;
    *) return 1 ;;
  esac
}

_godwit() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=() i
  local path=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -* ]] && break
    path+=("${COMP_WORDS[i]}")
  done
  COMPREPLY=()
  if words=($(_godwit_values "$before")); then
    COMPREPLY=($(compgen -W "${words[*]}" -- "$current"))
  elif [[ $before == --source || $before == --target ]]; then
    COMPREPLY=($(compgen -W "postgresql:// mysql:// mariadb://" -- "$current"))
    compopt -o nospace 2>/dev/null
  elif [[ $before =~ ^--(table-mappings|task-settings|tls-cert|tls-key|sinks)$ ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ $before =~ ^--(data-dir|state-dir|secret-dir)$ ]]; then
    COMPREPLY=($(compgen -d -- "$current"))
  elif [[ $current == -* || ${#path[@]} -gt 1 ]]; then
    COMPREPLY=($(compgen -W "$(_godwit_options "${path[@]}")" -- "$current"))
  elif ((${#path[@]} == 1)); then
    case ${path[0]} in
      keys) COMPREPLY=($(compgen -W "create list revoke" -- "$current")) ;;
      *) COMPREPLY=($(compgen -W "$(_godwit_options "${path[@]}")" -- "$current")) ;;
    esac
  else
    COMPREPLY=($(compgen -W "$(_godwit_commands)" -- "$current"))
  fi
  # A word that ends in a colon or slash is not whole yet.
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$current"; fi
}

complete -F _godwit godwit
