/** `release-bot repo upload`, `clean-up`, `reconcile`: what keeps repositories in order. */
import { AdapterError } from "../../../domain/index.ts";
import { type LabelsCompared, reconcileLabels } from "./labels.ts";
import { daysOf, openByWords, releaseOf, repositoryOf, signKeyOf, targetOf, textOf, type Words } from "./options.ts";

/** Uploads one repository in two phases. */
export async function upload(words: Words): Promise<number> {
  const { repositories } = openByWords(words, "there");
  const request = {
    release: releaseOf(words),
    repository: repositoryOf(words, "repository"),
    distribution: targetOf(words),
  };
  const rsh = words.values.rsh === undefined ? null : words.values.rsh.split(/\s+/);
  const to = textOf(words, "upload-to");
  await repositories.recover();
  await repositories.upload(request, { to, rsh });
  process.stdout.write(words.values.json ? `${JSON.stringify({ uploaded: to })}\n` : `uploaded to ${to}\n`);
  return 0;
}

/** Takes out of testing repositories what was superseded there long ago. */
export async function cleanUp(words: Words): Promise<number> {
  const { repositories, signer } = openByWords(words, "there");
  const signKey = signKeyOf(words);
  const only = words.values.dist === undefined ? null : new Set(words.values.dist.join(",").split(","));
  const signKeyFor = (dist: string | null): typeof signKey | null =>
    only === null || (dist !== null && only.has(dist)) ? signKey : null;
  await repositories.recover();
  const keepDays = daysOf(words, "keep-superseded-days");
  const cleaned = await repositories.cleanUp({ keepDays, signKeyOf: signKeyFor }, signer);
  if (words.values.json) process.stdout.write(`${JSON.stringify({ cleaned })}\n`);
  else {
    for (const { repository, dist, files } of cleaned) {
      for (const file of files) process.stdout.write(`${repository} ${dist ?? "templates"}: ${file} is gone\n`);
    }
    if (cleaned.length === 0) process.stdout.write("nothing was superseded for that long\n");
  }
  return 0;
}

/** Says where records, repositories, uploads and labels disagree; exit status 1 where something is left so. */
export async function reconcile(words: Words): Promise<number> {
  const { repositories } = openByWords(words, "there");
  const mode = words.values.repair ? "repair" : "look";
  const found = await repositories.reconcile(mode);
  // Repaired records come first: labels are compared with what stands.
  const labels = await labelsOrFault(() =>
    reconcileLabels(repositories, { root: textOf(words, "root"), option: words.values.config, mode }),
  );
  const differences = [...found, ...("differences" in labels ? labels.differences : [])];
  if (words.values.json) {
    const compared = "not" in labels ? { compared: false, why: labels.not } : { compared: true };
    process.stdout.write(`${JSON.stringify({ differences, labels: compared })}\n`);
  } else {
    for (const { where, what, mended } of differences) {
      process.stdout.write(`${where}: ${what}${mended ? " (mended)" : ""}\n`);
    }
    if ("not" in labels) process.stdout.write(`labels were not compared: ${labels.not}\n`);
    const which = "not" in labels ? "records, repositories and uploads" : "records, repositories, uploads and labels";
    if (differences.length === 0) process.stdout.write(`${which} agree\n`);
  }
  return differences.every((one) => one.mended) && !("failed" in labels) ? 0 : 1;
}

/** GitHub that cannot be asked does not hide what was found without it. */
async function labelsOrFault(
  compare: () => Promise<LabelsCompared>,
): Promise<LabelsCompared | { readonly not: string; readonly failed: true }> {
  try {
    return await compare();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { not: error.message, failed: true };
  }
}
