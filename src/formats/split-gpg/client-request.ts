/** The options of gpg, as rpmsign, git, reprepro's hook and people give them, read into what the keys qube can be asked. */
import { type Fingerprint, no, ok, parseFingerprint, type Result } from "../../domain/index.ts";

/** What a tool wants of gpg. */
export type ClientRequest =
  | {
      readonly kind: "sign";
      readonly signature: "detach" | "clear";
      readonly key: Fingerprint;
      readonly encoding: "armored" | "binary";
      readonly digest: string | null;
      /** A file to sign, or null for standard input. */
      readonly input: string | null;
      /** Where the signature goes; null for standard output. */
      readonly output: string | null;
      /** Where gpg's status lines are asked for. */
      readonly statusFd: number | null;
    }
  /** Listing, verifying, exporting: handed on as it is. */
  | { readonly kind: "pass"; readonly args: readonly string[]; readonly input: "stdin" | "none" };

const shorts: Readonly<Record<string, string>> = {
  s: "--sign",
  b: "--detach-sign",
  a: "--armor",
  u: "--local-user",
  o: "--output",
  q: "--quiet",
};
const valued = ["--local-user", "--output", "--digest-algo", "--status-fd", "--charset", "--display-charset"];
const quiet = [
  "--batch",
  "--no-tty",
  "--quiet",
  "--yes",
  "--no-verbose",
  "--no-secmem-warning",
  "--no-greeting",
  "--use-agent",
  "--sign",
];
const passed: readonly string[] = [
  "--version",
  "--list-keys",
  "--list-public-keys",
  "-k",
  "--list-config",
  "--verify",
  "--export",
];

/** Reads gpg's arguments; the error is a sentence for standard error. */
export function parseClientRequest(args: readonly string[]): Result<ClientRequest, string> {
  const handedOn = args.find((arg) => passed.includes(arg));
  if (handedOn !== undefined) {
    return ok({ kind: "pass", args, input: handedOn === "--verify" ? "stdin" : "none" });
  }
  const values = new Map<string, string>();
  const operands: string[] = [];
  const words = [...args];
  let signature: "detach" | "clear" | null = null;
  let armor = false;
  const take = (name: string, attached: string | null): string | null => {
    if (valued.includes(name)) {
      const value = attached ?? words.shift();
      if (value === undefined) return `the option ${name} needs a value`;
      if (values.has(name)) return `${name} more than once`;
      values.set(name, value);
    } else if (attached !== null) return `the option ${name}= cannot be asked of the keys qube`;
    else if (name === "--armor") armor = true;
    else if (name === "--no-armor") armor = false;
    else if (name === "--detach-sign" && signature !== "clear") signature = "detach";
    else if ((name === "--clearsign" || name === "--clear-sign") && signature !== "detach") signature = "clear";
    else if (!quiet.includes(name)) return `the option ${name} cannot be asked of the keys qube`;
    return null;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    let mistake: string | null = null;
    if (word === "--") operands.push(...words.splice(0));
    else if (word.startsWith("--")) {
      const at = word.indexOf("=");
      mistake = take(at === -1 ? word : word.slice(0, at), at === -1 ? null : word.slice(at + 1));
    } else if (word.startsWith("-") && word !== "-") {
      for (const letter of word.slice(1)) mistake ??= take(shorts[letter] ?? `-${letter}`, null);
    } else operands.push(word);
    if (mistake !== null) return no(mistake);
  }
  return finish({ signature, armor, values, operands });
}

function finish(read: {
  readonly signature: "detach" | "clear" | null;
  readonly armor: boolean;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}): Result<ClientRequest, string> {
  const { signature, armor, values, operands } = read;
  if (signature === null) return no("a detached or a clear signature can be asked of the keys qube, and nothing else");
  if (operands.length > 1) return no("one file at a time");
  const key = parseFingerprint((values.get("--local-user") ?? "").replace(/^0x/, "").replace(/!$/, ""));
  if (key === null) return no("name one key by its whole fingerprint, with --local-user");
  const input = operands[0] === undefined || operands[0] === "-" ? null : operands[0];
  const fd = values.get("--status-fd");
  if (fd !== undefined && !/^[0-9]$/.test(fd)) return no("--status-fd takes the number of a descriptor");
  const suffix = signature === "detach" && !armor ? ".sig" : ".asc";
  // As gpg names it: a signature of a file lies beside the file, unless it is told otherwise.
  const output = values.get("--output") ?? (input === null ? "-" : `${input}${suffix}`);
  return ok({
    kind: "sign",
    signature,
    key,
    encoding: armor ? "armored" : "binary",
    digest: values.get("--digest-algo") ?? null,
    input,
    output: output === "-" ? null : output,
    statusFd: fd === undefined ? null : Number(fd),
  });
}
