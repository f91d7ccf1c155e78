import { operations, streams } from '@reeve/sdk';
import { UsageError } from '../errors.ts';
import type { Session } from '../session.ts';

const single = ['up', 'node', 'status', 'events', 'chat', 'completion'];

/** `reeve completion bash|zsh|fish`: a script that completes commands and their subcommands. */
export function completion({ terminal }: Session, shell: string): void {
  const groups = new Map<string, string[]>([
    ['config', ['show']],
    ['db', ['move']],
    ['agents', ['run']],
    ['completion', ['bash', 'zsh', 'fish']],
  ]);
  for (const { domain, verb } of [...operations, ...streams]) {
    if (domain !== 'hub' && domain !== 'events') groups.set(domain, [...(groups.get(domain) ?? []), verb]);
  }
  const words = [...new Set([...single, ...groups.keys()])];
  if (shell === 'fish') return terminal.print(fishScript(words, groups));
  if (shell === 'bash') return terminal.print(bashScript(words, groups));
  if (shell === 'zsh')
    return terminal.print(`autoload -U +X bashcompinit && bashcompinit\n${bashScript(words, groups)}`);
  throw UsageError.error(`there is no completion for ${shell}; there is one for bash, zsh and fish`);
}

function bashScript(words: readonly string[], groups: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...groups].map(([group, verbs]) => `    ${group}) words="${verbs.join(' ')}" ;;`);
  return `_reeve() {
  local words=""
  case "$COMP_CWORD:\${COMP_WORDS[1]}" in
    1:*) words="${words.join(' ')}" ;;
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _reeve reeve`;
}

function fishScript(words: readonly string[], groups: ReadonlyMap<string, readonly string[]>): string {
  const first = `complete -c reeve -f -n __fish_use_subcommand -a '${words.join(' ')}'`;
  const rest = [...groups].map(
    ([group, verbs]) => `complete -c reeve -f -n '__fish_seen_subcommand_from ${group}' -a '${verbs.join(' ')}'`,
  );
  return [first, ...rest].join('\n');
}
