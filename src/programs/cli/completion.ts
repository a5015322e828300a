/** `release-bot completion`: what a shell needs to complete subcommands, their actions and their options. */
import { componentRepositories, templateRepositories } from "../../domain/index.ts";
import { subcommands } from "../subcommands.ts";

/** What `--help` says. */
export const help = `release-bot completion bash|zsh|fish

Prints a script for the shell, which completes subcommands, their actions, their options and what those may be.

Example: source <(release-bot completion bash)       in ~/.bashrc
         source <(release-bot completion zsh)        in ~/.zshrc, after compinit
         release-bot completion fish > ~/.config/fish/completions/release-bot.fish
Exit status 0 done, 2 wrong usage.
`;

/** A subcommand with the words that may follow it. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  /** `pause`, `resume`: what stands first after the name. */
  readonly actions: readonly string[];
  /** `--json` */
  readonly options: readonly string[];
}

/** What the help text names is what there is: a test holds each text to its program's options. */
export function completedBy(name: string, text: string): Pick<Completed, "actions" | "options"> {
  const usage = [
    ...text.matchAll(new RegExp(`^(?:release-bot ${name}|  )(?: \\[?|(?<=  ))([a-z][a-z|-]*)(?=[\\] \\n])`, "gm")),
  ];
  const actions = usage
    .filter(([line]) => line.startsWith("release-bot") || / ACTION /.test(text))
    .flatMap(([, words = ""]) => words.split("|"));
  const options = [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*[a-z]/g)].map(([option]) => option);
  return { actions: [...new Set(actions)], options: [...new Set(options)].sort() };
}

const repositories = [...componentRepositories, ...templateRepositories];

/** What an option may be, where that is one of a few words: of one subcommand, then of any. */
const optionValues: readonly (readonly [name: string, option: string, values: readonly string[]])[] = [
  ["promote", "--to", ["current", "security-testing", "templates-itl", "templates-community"]],
  ["withdraw", "--from", componentRepositories],
  ["*", "--to", repositories],
  ["*", "--from", repositories],
  ["*", "--repository", repositories],
  ["*", "--deb-engine", ["auto", "native", "reprepro"]],
  ["*", "--sign-with", ["gpg", "sq", "qubes-gpg-client-wrapper"]],
];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const words = (list: readonly string[]): string => list.join(" ");

const scripts: Readonly<Record<string, (all: readonly Completed[]) => string>> = {
  bash: (all) => `_release_bot() {
  local word=\${COMP_WORDS[COMP_CWORD]} actions= options=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(words(all.map(({ name }) => name)))} -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${optionValues
  .map(
    ([name, option, values]) =>
      `    ${name}" ${option}") COMPREPLY=($(compgen -W ${quoted(words(values))} -- "$word")); return ;;`,
  )
  .join("\n")}
  esac
  case \${COMP_WORDS[1]} in
${all.map(({ name, actions, options }) => `    ${name}) actions=${quoted(words(actions))} options=${quoted(words(options))} ;;`).join("\n")}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options --help" -- "$word")) ;;
    *)
      [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "$actions" -- "$word"))
      COMPREPLY+=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _release_bot release-bot
`,
  zsh: (all) => `#compdef release-bot
_release_bot() {
  local -a entries
  if (( CURRENT == 2 )); then
    entries=(${all.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(":", "\\:")}`)).join(" ")})
    _describe subcommand entries
    return
  fi
  case "\${words[2]} \${words[CURRENT-1]}" in
${optionValues
  .map(([name, option, values]) => `    ${name}" ${option}") compadd -- ${words(values)}; return ;;`)
  .join("\n")}
  esac
  local -a actions options
  case \${words[2]} in
${all.map(({ name, actions, options }) => `    ${name}) actions=(${words(actions)}) options=(${words(options)} --help) ;;`).join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    compadd -- $options
  else
    (( CURRENT == 3 )) && compadd -- $actions
    _files
  fi
}
# Loaded as a function of its own from a directory of completions, or read in by 'source'.
if [[ \${funcstack[1]} == _release-bot ]]; then _release_bot "$@"; else compdef _release_bot release-bot; fi
`,
  fish: (all) =>
    all
      .map(({ name, summary, actions, options }) => {
        const here = `complete -c release-bot -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
        return [
          `complete -c release-bot -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
          ...(actions.length === 0 ? [] : [`${here} -a ${quoted(words(actions))}`]),
          ...options.map((option) => {
            const known = optionValues.find(([of, one]) => one === option && (of === name || of === "*"));
            const values = known?.[2];
            return `${here} -l ${option.slice(2)}${values === undefined ? "" : ` -x -a ${quoted(words(values))}`}`;
          }),
        ].join("\n");
      })
      .map((lines) => `${lines}\n`)
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
  const all = await Promise.all(
    subcommands.map(async ({ name, summary, load }) => ({ name, summary, ...completedBy(name, (await load()).help) })),
  );
  process.stdout.write(script(all));
  return 0;
}
