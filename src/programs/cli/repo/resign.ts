/** `release-bot repo resign`: a change of the repositories' sign key. */
import {
  distributionsOf,
  formerKeysOf,
  openByWords,
  releaseOf,
  repositoryOf,
  signKeyOf,
  UsageError,
  type Words,
} from "./options.ts";

/** Signs what the former key signed; exit status 3 where only some could be. */
export async function resign(words: Words): Promise<number> {
  const { repositories, signer } = openByWords(words, "there");
  const formerKeys = formerKeysOf(words);
  const signKey = signKeyOf(words);
  if (formerKeys.length === 0) throw new UsageError("--former-key is missing");
  if (formerKeys.includes(signKey)) throw new UsageError("--former-key and --sign-key are the same key");
  const request = {
    release: words.values.release === undefined ? null : releaseOf(words),
    repository: words.values.repository === undefined ? null : repositoryOf(words, "repository"),
    distributions: distributionsOf(words),
    formerKeys,
    signKey,
  };
  await repositories.recover();
  const resigned = await repositories.resign(request, signer);
  const failed = resigned.filter(({ outcome }) => outcome === "failed");
  if (words.values.json) process.stdout.write(`${JSON.stringify({ resigned })}\n`);
  else {
    for (const { where, outcome, reason } of resigned) {
      if (outcome === "failed") process.stderr.write(`${where}: not signed: ${reason}\n`);
      else process.stdout.write(`${where}: ${outcome === "signed" ? "signed" : "is signed by it already"}\n`);
    }
    if (resigned.length === 0) process.stdout.write("there is no such repository\n");
  }
  if (failed.length === 0) return 0;
  return failed.length === resigned.length ? 1 : 3;
}
