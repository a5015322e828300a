/** `release-bot completion`: what a shell needs to complete the subcommands. */
import { subcommands } from "../subcommands.ts";

const help = `release-bot completion bash|zsh|fish

Prints a script for the shell; for example, in ~/.bashrc:  source <(release-bot completion bash)
`;

const names = (): string => subcommands.map(({ name }) => name).join(" ");
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const scripts: Readonly<Record<string, () => string>> = {
  bash: () => `_release_bot() {
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(names())} -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -o filenames -F _release_bot release-bot
`,
  zsh: () => `#compdef release-bot
_release_bot() {
  if (( CURRENT == 2 )); then
    local -a entries
    entries=(${subcommands.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(":", "\\:")}`)).join(" ")})
    _describe subcommand entries
  else
    _files
  fi
}
compdef _release_bot release-bot
`,
  fish: () =>
    subcommands
      .map(({ name, summary }) => `complete -c release-bot -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}\n`)
      .join(""),
};

/** Answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const [shell = "", ...more] = argv;
  if (shell === "--help" || shell === "-h") {
    process.stdout.write(help);
    return 0;
  }
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined || more.length > 0) {
    process.stderr.write(help);
    return 2;
  }
  process.stdout.write(script());
  return 0;
}
