import { type Fingerprint, type Refusal, refusal } from "../domain/index.ts";
import { digestPlan } from "./digest.ts";
import type { DistributionFacts, FileEvidence } from "./facts.ts";
import type { DistributionPlan } from "./plan.ts";
import { type PromotionQuestion, type Selection, selectPromotion } from "./select.ts";

/** The plan so far: what would move, for the files to be looked at; or a plan that is refused already. */
export type DraftPlan =
  | { readonly kind: "refused"; readonly plan: DistributionPlan }
  | { readonly kind: "selected"; readonly selection: Selection };

/** Decides a promotion as far as records and metadata go. */
export function draftPromotion(question: PromotionQuestion, facts: DistributionFacts, signKey: Fingerprint): DraftPlan {
  const selected = selectPromotion(question, facts);
  if (selected.ok) return { kind: "selected", selection: selected.value };
  return { kind: "refused", plan: planOf(question, facts, signKey, nothing, selected.error) };
}

/** Decides the rest by what the files on the disk are, and makes the plan. */
export function planPromotion(
  question: PromotionQuestion,
  facts: DistributionFacts,
  signKey: Fingerprint,
  selection: Selection,
  evidence: readonly FileEvidence[],
): DistributionPlan {
  return planOf(question, facts, signKey, selection, judgeFiles(selection, evidence));
}

const nothing: Omit<Selection, "from"> = { versions: [], moves: [], standing: [] };

function planOf(
  question: PromotionQuestion,
  facts: DistributionFacts,
  signKey: Fingerprint,
  selection: Omit<Selection, "from"> & { readonly from?: Selection["from"] },
  refused: Refusal | null,
): DistributionPlan {
  return digestPlan({
    action: "promote",
    dist: question.dist,
    type: facts.type,
    release: question.release,
    subject: question.subject,
    from: selection.from ?? null,
    to: question.to,
    signKey,
    moves: selection.moves,
    restores: [],
    standing: selection.standing,
    versions: selection.versions,
    ...(refused === null ? {} : { refused }),
  });
}

/** Each file must be there, be the file that was recorded, and be signed by the repository's key, now. */
function judgeFiles(selection: Selection, evidence: readonly FileEvidence[]): Refusal | null {
  for (const move of selection.moves) {
    const found = evidence.find((one) => one.file === move.file);
    if (found?.sha256 !== move.sha256) {
      const what =
        found === undefined || found.sha256 === null
          ? `${move.file} is listed in ${selection.from}, and not there`
          : `${move.file} was changed on the disk after it was published to ${selection.from}`;
      return refusal("PACKAGE_CHANGED", move.file, what, "Find out who changed it; publish the build again.");
    }
    if (found.signature !== null) {
      const what = `${move.file}: ${found.signature}`;
      return refusal(
        "PACKAGE_SIGNATURE_INVALID",
        move.file,
        what,
        "Sign the build with the repository's key and publish it again.",
      );
    }
  }
  return null;
}
