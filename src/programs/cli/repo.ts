/** `release-bot repo …`: package repositories by hand, without any configuration file. */
import { AdapterError } from "../../domain/index.ts";
import { parseWords, UsageError, type Words } from "./repo/options.ts";

type Action = (words: Words) => Promise<number>;

/** Each is loaded when it is asked for: a promotion needs nothing of GitHub's. */
const actions: Readonly<Record<string, () => Promise<Action>>> = {
  publish: async () => (await import("./repo/change.ts")).publish,
  promote: async () => (await import("./repo/change.ts")).promote,
  withdraw: async () => (await import("./repo/change.ts")).withdraw,
  create: async () => (await import("./repo/change.ts")).create,
  resign: async () => (await import("./repo/resign.ts")).resign,
  check: async () => (await import("./repo/look.ts")).check,
  status: async () => (await import("./repo/look.ts")).status,
  upload: async () => (await import("./repo/upkeep.ts")).upload,
  "clean-up": async () => (await import("./repo/upkeep.ts")).cleanUp,
  reconcile: async () => (await import("./repo/upkeep.ts")).reconcile,
};

/** What `--help` says. */
export const help = `release-bot repo ACTION --root DIR [OPTION…]

  publish   --release R --dist D --repository REPO --component NAME --commit SHA --sign-key FPR FILE…
            new builds into a testing repository
  promote   --release R --dist D[,D…] --component NAME --commit SHA --to current --sign-key FPR
            [--from REPO] [--min-age-days N (5)] [--former-key FPR…] [--rehearse]
            what stands in testing, in one step that clients see whole
  withdraw  --release R --dist D[,D…] --component NAME --commit SHA --repository REPO --sign-key FPR [--rehearse]
            a version out of a repository; the one before it stands again
  create    --release R --dist D[,D…] --repository REPO --sign-key FPR
            signed empty metadata where there is none
  resign    --former-key FPR --sign-key FPR [--release R] [--repository REPO] [--dist D[,D…]]
            after a change of the key: metadata that the former key signed is signed by the new one; packages are left alone,
            and promoted where --former-key names who signed them
  check     every reference, hash, size and signature in the tree; exit status 1 where something is wrong
  status    [--release R]  which version stands where, and since when
  upload    --release R --dist D --repository REPO --upload-to HOST:/PATH [--rsh "ssh -p 22"]
            to the mirrors, in two phases: what commits comes last
  clean-up  --sign-key FPR [--dist D[,D…]] [--keep-superseded-days N (90)]
            builds that others superseded in testing that long ago
  reconcile [--repair] [--config FILE]
            where records, repositories and uploads disagree; with the agent's configuration the status issues' labels, too

Instead of --component and --commit: --template NAME [--version VERSION].
Everywhere: --gpg PROGRAM (gpg) signs; --artifacts DIR: builder v2's records are used; --mirror URL… for metalinks;
--deb-engine auto|native|reprepro; --json.

Example: release-bot repo publish --root repo --release r4.3 --dist vm-fc42 --repository current-testing --component hello
           --commit 0123456789abcdef0123456789abcdef01234567 --sign-key 0123…CDEF hello-1.0-1.fc42.x86_64.rpm
         release-bot repo check --root repo --json
Exit status 0 done, 1 refused or failed, 2 wrong usage, 3 done for some distributions.
`;

/** Runs one action; answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h") {
    (name === undefined ? process.stderr : process.stdout).write(help);
    return name === undefined ? 2 : 0;
  }
  try {
    const load = actions[name];
    if (load === undefined) throw new UsageError(`there is no action '${name}'`);
    const words = parseWords(rest);
    if (words.values.help) {
      process.stdout.write(help);
      return 0;
    }
    return await (await load())(words);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`release-bot repo: ${error.message}; 'release-bot repo --help' says more\n`);
      return 2;
    }
    if (!(error instanceof AdapterError)) throw error;
    process.stderr.write(`release-bot repo: ${error.code}: ${error.message}\n`);
    return 1;
  }
}
