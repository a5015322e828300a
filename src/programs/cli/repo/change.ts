/** `release-bot repo publish`, `promote`, `withdraw`, `create`: what changes a repository. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Repositories } from "../../../adapters/repository/index.ts";
import { AdapterError, isGated, type RefusalCode } from "../../../domain/index.ts";
import type { DistributionPlan, Signer } from "../../../promotion/index.ts";
import {
  daysOf,
  formerKeysOf,
  isDirectory,
  openByWords,
  releaseOf,
  repositoryFor,
  repositoryOf,
  signKeyOf,
  subjectOf,
  targetsOf,
  UsageError,
  type Words,
} from "./options.ts";

/** Publishes the files that are named. */
export async function publish(words: Words): Promise<number> {
  const { repositories, signer } = openByWords(words, "made");
  const release = releaseOf(words);
  const subject = subjectOf(words);
  const repository = repositoryFor(words, "repository", subject);
  const [target, ...others] = targetsOf(words);
  if (target === undefined || others.length > 0) throw new UsageError("--dist: publish takes one distribution");
  const files = words.positionals.map((file) => resolve(file));
  if (files.length === 0) throw new UsageError("no file is named");
  for (const file of files) {
    if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
    if (isDirectory(file)) throw new UsageError(`${file}: this is a directory; name the files`);
  }
  await repositories.recover();
  const request = {
    release,
    distribution: target.distribution,
    repository,
    subject:
      subject.kind === "component"
        ? { ...subject, version: words.values.version ?? null }
        : ({ kind: "template", template: subject.template } as const),
    files,
    signKey: target.signKey,
  };
  const published = await repositories.publish(request, signer);
  if (!published.ok) {
    const { code, message, remedy } = published.error;
    return say(words, { refused: { code, message } }, `refused: ${code}: ${message}. ${remedy}`.trimEnd(), 1);
  }
  const { dist, moves } = published.value;
  return say(
    words,
    { dist, repository, files: moves },
    `published to ${repository} for ${dist}: ${moves.length === 1 ? "one file" : `${moves.length} files`}`,
    0,
  );
}

/** Promotes from testing. */
export async function promote(words: Words): Promise<number> {
  const { repositories, signer } = openByWords(words, "there");
  const subject = subjectOf(words);
  const to = repositoryFor(words, "to", subject);
  if (words.values.from === undefined && !isGated(to)) {
    throw new UsageError(`--to ${to}: no testing repository belongs to it; say --from where`);
  }
  const request = {
    release: releaseOf(words),
    subject,
    to,
    from: words.values.from === undefined ? null : repositoryFor(words, "from", subject),
    targets: targetsOf(words),
    holds: new Set<never>(),
    buggy: false,
    formerKeys: formerKeysOf(words),
    minAgeDays: daysOf(words, "min-age-days"),
    now: new Date(),
  };
  await repositories.recover();
  return carryOut(words, repositories, await repositories.plan(request), signer);
}

/** Takes a version out again. */
export async function withdraw(words: Words): Promise<number> {
  const { repositories, signer } = openByWords(words, "there");
  const subject = subjectOf(words);
  if (subject.kind === "template" && subject.version === null) {
    throw new UsageError("--version is missing: which one is to be withdrawn?");
  }
  const request = {
    release: releaseOf(words),
    subject,
    repository: repositoryFor(words, "repository", subject),
    targets: targetsOf(words),
  };
  await repositories.recover();
  return carryOut(words, repositories, await repositories.planWithdrawal(request), signer);
}

/** Publishes signed empty metadata. */
export async function create(words: Words): Promise<number> {
  const { repositories, signer } = openByWords(words, "made");
  const release = releaseOf(words);
  const repository = repositoryOf(words, "repository");
  const targets = repository.startsWith("templates-")
    ? [{ distribution: null, signKey: signKeyOf(words) }]
    : targetsOf(words);
  for (const target of targets) await repositories.create({ release, repository, ...target }, signer);
  return say(words, { created: repository }, `${repository} is there`, 0);
}

interface Outcome {
  readonly plan: DistributionPlan;
  readonly what: { readonly code: RefusalCode | string; readonly message: string } | null;
}

/** All plans are made before any is applied; then each is applied on its own. */
async function carryOut(
  words: Words,
  repositories: Repositories,
  plans: readonly DistributionPlan[],
  signer: Signer,
): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const plan of plans) {
    if (plan.refused !== undefined) outcomes.push({ plan, what: plan.refused });
    else if (words.values.rehearse) outcomes.push({ plan, what: null });
    else outcomes.push({ plan, what: await tryApply(repositories, plan, signer) });
  }
  const good = outcomes.filter(({ what }) => what === null);
  const applied = words.values.rehearse ? [] : good.map(({ plan }) => plan.dist);
  const shown = {
    plans: outcomes.map(({ plan: { dist, digest, moves }, what }) => ({
      ...{ dist, digest, moves },
      ...(what === null ? {} : { refused: { code: what.code, message: what.message } }),
    })),
    applied,
  };
  const status = good.length === outcomes.length ? 0 : good.length === 0 ? 1 : 3;
  if (words.values.json) return say(words, shown, "", status);
  for (const { plan, what } of outcomes) {
    const text = describe(plan, what, words.values.rehearse ? "rehearsed" : "done");
    (what === null ? process.stdout : process.stderr).write(`${text}\n`);
  }
  return status;
}

async function tryApply(repositories: Repositories, plan: DistributionPlan, signer: Signer): Promise<Outcome["what"]> {
  try {
    await repositories.apply(plan, signer);
    return null;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { code: error.code, message: error.message };
  }
}

function describe(plan: DistributionPlan, what: Outcome["what"], how: string): string {
  const name = plan.digest.slice(0, 12);
  if (what !== null) {
    const remedy = plan.refused?.remedy ?? "";
    return `${plan.dist}: refused: ${what.code}: ${what.message}. ${remedy}`.trimEnd();
  }
  const list = plan.moves.map(({ file, sha256 }) => `  ${sha256.slice(0, 12)} ${file}`);
  const restored = plan.restores.map(({ file, sha256 }) => `  ${sha256.slice(0, 12)} ${file} (stands again)`);
  const verb = plan.action === "promote" ? `${plan.from} → ${plan.to}` : `out of ${plan.to}`;
  return [`${plan.dist}: ${how}: ${verb}, plan ${name}`, ...list, ...restored].join("\n");
}

function say(words: Words, value: unknown, text: string, status: number): number {
  if (words.values.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else (status === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return status;
}
