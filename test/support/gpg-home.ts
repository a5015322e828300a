import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, type ToolRun, tryTool } from "./tool.ts";

/** A throw-away key to make. Without `created` and `expires`: made now, never expires. */
export interface KeyWish {
  /** As gpg names it: `rsa2048`, `ed25519`, `nistp256`, … */
  readonly algorithm?: string;
  readonly userId?: string;
  /** `sign`, `cert`, … : what the primary key itself may do; it can always certify. */
  readonly usage?: string;
  readonly created?: Date;
  /** As gpg takes it: `1d`, `20270101T000000`; `never`. */
  readonly expires?: string;
  /** More options of gpg: `--cert-digest-algo SHA1`, … */
  readonly options?: readonly string[];
}

/** How to sign. */
export interface SignWish {
  /** A fingerprint; with `!` behind it exactly that key or subkey. */
  readonly key: string;
  readonly at?: Date;
  readonly digest?: string;
  readonly options?: readonly string[];
}

/** `20230321T132744`, as gpg reads times. */
function gpgTime(date: Date): string {
  return date.toISOString().replace(/[-:]/g, "").slice(0, 15);
}

/** A home directory of the real gpg with throw-away keys. Its path is short: the agent's socket lies in it. */
export class GpgHome {
  readonly directory: string;
  #made = 0;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "g-"));
    // Weak digests are made on purpose here; verifying them is what the tests are about.
    writeFileSync(join(this.directory, "gpg.conf"), "allow-weak-digest-algos\nno-auto-key-retrieve\n");
  }

  /** Runs gpg here, with the clock held at `at`; answers whatever it said. */
  tryGpg(args: readonly string[], input: string | Uint8Array = "", at?: Date): ToolRun {
    const clock = at === undefined ? [] : ["--faked-system-time", `${gpgTime(at)}!`];
    const common = ["--homedir", this.directory, "--batch", "--yes", "--no-tty", "--pinentry-mode", "loopback"];
    return tryTool("gpg", [...common, "--passphrase", "", ...clock, ...args], { input });
  }

  /** The same, and gpg has to succeed. */
  gpg(args: readonly string[], input: string | Uint8Array = "", at?: Date): Buffer {
    const run = this.tryGpg(args, input, at);
    if (run.status !== 0) throw new Error(`gpg ${args.join(" ")}: exit status ${run.status}: ${run.stderr}`);
    return run.stdout;
  }

  /** Makes a key; answers its primary fingerprint, 40 upper-case hex digits. */
  makeKey(wish: KeyWish = {}): string {
    const userId = wish.userId ?? `Throw-away ${this.#made++} <throw-away@example.org>`;
    const words = [userId, wish.algorithm ?? "ed25519", wish.usage ?? "sign", wish.expires ?? "never"];
    const run = this.tryGpg(
      [...(wish.options ?? []), "--status-fd", "1", "--quick-gen-key", ...words],
      "",
      wish.created,
    );
    const made = /KEY_CREATED [PB] ([0-9A-F]{40})/.exec(run.stdout.toString())?.[1];
    if (made === undefined) throw new Error(`gpg made no key: ${run.stderr}`);
    return made;
  }

  /** Adds a subkey (`ed25519`, `rsa2048`, `nistp256/ecdsa`, …); answers its fingerprint. */
  addSubkey(primary: string, algorithm: string, usage = "sign", expires = "never", at?: Date): string {
    const before = new Set(this.fingerprints(primary));
    this.gpg(["--quick-add-key", primary, algorithm, usage, expires], "", at);
    const added = this.fingerprints(primary).find((fingerprint) => !before.has(fingerprint));
    if (added === undefined) throw new Error("gpg added no subkey");
    return added;
  }

  /** The primary fingerprint, then those of the subkeys. */
  fingerprints(primary: string): string[] {
    const listing = this.gpg(["--with-colons", "--with-subkey-fingerprint", "--list-keys", primary]).toString();
    return [...listing.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map((match) => match[1] ?? "");
  }

  /** The public certificate, armored. */
  exportKey(key: string): string {
    return this.gpg(["--armor", "--export", key]).toString();
  }

  /** The secret key, armored, for `sq` to sign with. */
  exportSecretKey(key: string): string {
    return this.gpg(["--armor", "--export-secret-keys", key]).toString();
  }

  /** Revokes the whole key, by the revocation that gpg wrote when it made the key. */
  revokeKey(key: string): void {
    const stored = readFileSync(join(this.directory, "openpgp-revocs.d", `${key}.rev`), "utf8");
    // gpg guards the file against being imported by accident, with a colon before the armor.
    this.gpg(["--import"], stored.replace(/^:(-----BEGIN)/m, "$1"));
  }

  /** Drives `--edit-key` with these commands, one a line. */
  editKey(key: string, commands: readonly string[], at?: Date, options: readonly string[] = []): void {
    this.gpg([...options, "--command-fd", "0", "--edit-key", key], `${commands.join("\n")}\n`, at);
  }

  /** A clear-signed message over the text, as a maintainer's `gpg --clearsign` makes it. */
  clearSign(text: string, wish: SignWish): string {
    const digest = ["--digest-algo", wish.digest ?? "SHA256"];
    const args = [...digest, ...(wish.options ?? []), "--local-user", wish.key, "--clearsign"];
    return this.gpg(args, text, wish.at).toString();
  }

  /** A detached binary-document signature, armored. */
  detachSign(data: string | Uint8Array, wish: SignWish): string {
    const args = [...(wish.options ?? []), "--local-user", wish.key, "--armor", "--detach-sign"];
    return this.gpg(args, data, wish.at).toString();
  }

  /** Ends gpg's helpers and removes the directory. */
  remove(): void {
    runTool("gpgconf", ["--homedir", this.directory, "--kill", "all"]);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
