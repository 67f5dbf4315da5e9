/** What shells are told. All that they offer comes from `spillway __complete WORDS…`: a candidate per line, with a tab before what it means; a line `:bits` ends it. */

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The shell puts no space behind the one candidate. */
export const noSpace = 2
/** The shell does not offer files where there is no candidate. */
export const noFiles = 4

export function script(shell: Shell, program: string): string {
  return { bash, zsh, fish }[shell](program)
}

function bash(program: string): string {
  return `# bash completion for ${program}
_${program}_complete() {
  local line="\${COMP_LINE:0:COMP_POINT}" word bits=0 candidates=()
  local -a words
  read -r -a words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  local current="\${words[\${#words[@]}-1]}"
  while IFS=$'\\n' read -r word; do
    case "$word" in
      :*) bits="\${word#:}" ;;
      *) candidates+=("\${word%%$'\\t'*}") ;;
    esac
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
  # Of what stands before a colon or an equals sign, bash takes only the rest to be the word.
  local before="" character
  for character in = :; do
    if [[ "$COMP_WORDBREAKS" == *"$character"* && "$current" == *"$character"* ]]; then
      local upTo="\${current%"\${current##*"$character"}"}"
      (( \${#upTo} > \${#before} )) && before="$upTo"
    fi
  done
  COMPREPLY=()
  for word in "\${candidates[@]}"; do COMPREPLY+=("\${word#"$before"}"); done
  (( bits & ${noSpace} )) && compopt -o nospace
  (( bits & ${noFiles} )) || [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o default
}
complete -F _${program}_complete ${program}
`
}

function zsh(program: string): string {
  return `#compdef ${program}
# zsh completion for ${program}
_${program}() {
  local line bits=0
  local -a candidates
  while IFS= read -r line; do
    case "$line" in
      :*) bits="\${line#:}" ;;
      *) candidates+=("\${\${line//:/\\\\:}/$'\\t'/:}") ;;
    esac
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} == 0 )); then
    (( bits & ${noFiles} )) || _files
    return
  fi
  if (( bits & ${noSpace} )); then _describe -V 'completions' candidates -S ''; else _describe -V 'completions' candidates; fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _${program} ${program}
`
}

function fish(program: string): string {
  return `# fish completion for ${program}
function __${program}_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        string match -q ':*' -- $line; or echo $line
    end
end
complete -c ${program} -f -a '(__${program}_complete)'
complete -c ${program} -n '__fish_seen_argument -s f -l filename; or __fish_seen_argument -l config; or __fish_seen_argument -l kubeconfig' -F
`
}
