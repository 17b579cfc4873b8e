/** `mra completion SHELL`: a script by which a shell completes commands and options. */

import { Argument, type Command } from 'commander';
import type { CliContext } from './context.ts';

export function completionCommand(program: Command, context: CliContext): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh', 'fish']))
    .description('print a script that completes commands and options: source <(mra completion bash)')
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      const { out } = context;
      const script = shell === 'fish' ? fishScript(program) : bashScript(program, shell);
      if (out.format === 'json') out.json({ shell, script });
      else out.print(script);
    });
}

interface Place {
  /** The commands so far: `list send`. */
  readonly path: string;
  readonly words: readonly string[];
}

function placesOf(command: Command, path: readonly string[] = []): Place[] {
  const names = command.commands.map((each) => each.name());
  const options = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
  const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const below = command.commands.flatMap((each) => placesOf(each, [...path, each.name()]));
  return [{ path: path.join(' '), words: [...names, ...values, ...options, '--help'] }, ...below];
}

/** Where no word fits, the shell completes names of files. */
function bashScript(program: Command, shell: 'bash' | 'zsh'): string {
  const cases = placesOf(program).map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
  return [
    ...(shell === 'zsh' ? ['autoload -Uz bashcompinit && bashcompinit'] : []),
    '_mra() {',
    "  local path='' words='' i",
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    case "${COMP_WORDS[i]}" in -*) ;; *)',
    `      case " ${commandPaths(program)} " in *"|\${path:+$path }\${COMP_WORDS[i]}|"*) path="\${path:+$path }\${COMP_WORDS[i]}" ;; esac ;;`,
    '    esac',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _mra mra',
  ].join('\n');
}

function commandPaths(program: Command): string {
  return `|${placesOf(program)
    .map(({ path }) => path)
    .filter((path) => path !== '')
    .join('|')}|`;
}

function fishScript(program: Command): string {
  const lines = placesOf(program).map(({ path, words }) => {
    const seen = path.split(' ').map((name) => `__fish_seen_subcommand_from ${name}`);
    const where = path === '' ? '__fish_use_subcommand' : seen.join('; and ');
    return `complete -c mra -n '${where}' -a '${words.join(' ')}'`;
  });
  return lines.join('\n');
}
