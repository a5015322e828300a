/** The manual page, in man's own language: the same texts as `--help` says, in the same order. */
import { fitted } from "./fitted.ts";

/** A subcommand as the manual page has it. */
export interface Described {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
}

/** Words of the text stand for themselves: nothing of them is a request or an escape of roff's. */
function literal(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      const safe = line
        .replaceAll("\\", "\\e")
        .replaceAll("-", "\\-")
        .replaceAll("'", "\\(aq")
        .replaceAll("`", "\\(ga");
      return safe
        .replaceAll("~", "\\(ti")
        .replaceAll("^", "\\(ha")
        .replace(/^(?=[.'])/, "\\&")
        .replace(/[^\u0000-\u007e]/gu, (character) => `\\[u${codeOf(character)}]`);
    })
    .join("\n");
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0xfffd).toString(16).toUpperCase().padStart(4, "0");
}

function verbatim(text: string, columns: number): string {
  return `.nf\n${literal(fitted(text.trimEnd(), columns))}\n.fi\n`;
}

const page = 78;
const indent = 7;

/** `release-bot.1`. `version` is the program's. */
export function manPage(subcommands: readonly Described[], version: string): string {
  const list = subcommands.map(({ name, summary }) => `.TP\n.B ${literal(name)}\n${literal(summary)}\n`).join("");
  const each = subcommands
    .map(
      ({ name, summary, help }) =>
        `.SS ${literal(name)}\n${literal(sentence(summary))}\n.PP\n${verbatim(help, page - indent)}`,
    )
    .join("");
  return `.TH RELEASE\\-BOT 1 "" "qubes\\-release\\-bot ${literal(version)}" "Qubes OS"
.SH NAME
release\\-bot \\- signed\\-comment bot and release promoter for Qubes OS
.SH SYNOPSIS
.B release\\-bot
.I NAME
[\\fIWORD\\fR...] [\\fIOPTION\\fR...]
.br
.B release\\-bot
.I NAME
.B \\-\\-help
.SH DESCRIPTION
A push leads to a build; a maintainer's OpenPGP\\-signed comment on GitHub moves what was tested to where users get it; every
step leaves a public trail. One program does all of it, each part in the qube that it is for:
${list}.SH SUBCOMMANDS
${each}.SH EXIT STATUS
Unless a subcommand says more:
.TP
.B 0
done
.TP
.B 1
refused, or it could not be done; standard error says why, and what to do
.TP
.B 2
wrong usage
.SH ENVIRONMENT
.TP
.B RELEASE_BOT_CONFIG
the configuration file, where \\-\\-config names none
.TP
.B GITHUB_API_URL
GitHub's API, where it is not https://api.github.com
.TP
.B NO_COLOR
no colours, on a terminal either
.SH FILES
.TP
.I \\(ti/.config/release\\-bot/config.yml
the configuration, with a section for each program
.TP
.I \\(ti/.local/state/release\\-bot
what the programs keep
.SH SEE ALSO
.BR gpg (1),
.BR sq (1),
.BR sqv (1)
`;
}

function sentence(summary: string): string {
  return `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`;
}
