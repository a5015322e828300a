/** `release-bot audit --signer`: all that one maintainer's key ever did, for people and as JSON. */
import { type Deed, nameOf, type SignerStory, whichOf } from "../../../trail/index.ts";

/** The story as text. */
export function renderStory({ signer, messages, doubtful }: SignerStory): string {
  const said = messages.map(({ signedAt, trace, lines }) => {
    const told = lines.flatMap(({ line, deeds, outcomes }) => [
      `  ${line}`,
      ...(deeds.length === 0 && outcomes.length === 0 ? ["    nothing is stated of it"] : []),
      ...deeds.map((deed) => `    ${deed.environment}: ${renderDeed(deed)}`),
      ...outcomes.map(({ environment, outcome }) => `    the ledger of ${environment}: ${outcome}`),
    ]);
    return [`${instant(signedAt)} (${trace})`, ...told].join("\n");
  });
  const carriedOut = messages.flatMap(({ lines }) => lines).filter(({ deeds }) => deeds.length > 0).length;
  const all = messages.flatMap(({ lines }) => lines).length;
  const doubts = doubtful.map(({ where, why }) => `in doubt: ${where}: ${why}`);
  const counted = `${messages.length} signed message${messages.length === 1 ? "" : "s"}`;
  const end = `${signer}: ${counted}, ${all} command${all === 1 ? "" : "s"}, ${carriedOut} of them stated as carried out`;
  return `${[...said, ...doubts, end].join("\n")}\n`;
}

/** The same as one JSON object. */
export function storyAsJson({ signer, messages, doubtful }: SignerStory): string {
  const told = messages.map(({ trace, signedAt, comment, lines }) => ({
    trace,
    signedAt: signedAt.toISOString(),
    comment,
    lines: lines.map(({ line, deeds, outcomes }) => ({ line, carriedOut: deeds.length > 0, deeds, outcomes })),
  }));
  return `${JSON.stringify({ ok: doubtful.length === 0, signer, messages: told, doubtful })}\n`;
}

function renderDeed(deed: Deed): string {
  const { about, distribution, at } = deed;
  const what = `${about.release} ${nameOf(about)} ${whichOf(about)}${distribution === null ? "" : ` ${distribution}`}`;
  const when = instant(at);
  switch (deed.kind) {
    case "build":
      return `built ${what} into ${deed.repository}, ${when}, log ${deed.log.path}${listed(deed)}`;
    case "promote":
      return `promoted ${what} to ${deed.repository}, ${when}, log ${deed.log.path}${listed(deed)}`;
    case "withdraw":
      return `withdrew ${what} from ${deed.repository}, ${when}, log ${deed.log.path}${listed(deed)}`;
    case "hold":
      return `held ${what}, ${when}`;
    case "unhold":
      return `ended the hold of ${what}, ${when}`;
  }
}

function listed({ files }: Exclude<Deed, { kind: "hold" | "unhold" }>): string {
  return files.map(({ name, sha256 }) => `\n      ${sha256} ${name}`).join("");
}

function instant(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
