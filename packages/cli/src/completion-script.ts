/**
 * What a shell runs to complete `grapevine`. No words of the user are evaluated a second time. Where there is nothing to
 * offer, the shell offers files.
 */
export const scripts: { readonly [Shell in 'bash' | 'zsh' | 'fish']: string } = {
  bash: `_grapevine() {
  local IFS=$'\\n' line
  COMPREPLY=()
  while read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -o nosort -F _grapevine grapevine 2>/dev/null || complete -o default -F _grapevine grapevine`,
  zsh: `#compdef grapevine
_grapevine() {
  local -a found
  local line
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe grapevine found; else _files; fi
}
(( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit }
compdef _grapevine grapevine`,
  fish: `function __grapevine_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c grapevine -a '(__grapevine_complete)'`,
}
