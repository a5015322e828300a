import type { AskedBy, BuildRecord, ImageRecord, StageRecord } from "../../build/index.ts";

function minute(time: string | null): string {
  return time === null ? "not yet" : `${time.slice(0, 16).replace("T", " ")} UTC`;
}

function seconds({ startedAt, endedAt }: StageRecord): string {
  return `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`;
}

function asker(askedBy: AskedBy): string {
  switch (askedBy.kind) {
    case "push":
      return "a push";
    case "scan":
      return "a tag that no push announced";
    case "operator":
      return "an operator, by hand";
    case "command":
      return `a command signed by ${askedBy.signer}`;
  }
}

function stageLines(stages: readonly StageRecord[], indent: string): string[] {
  return stages.map(({ stage, error, ...times }) => {
    const how = error === null ? "ok" : `FAILED: ${error}`;
    return `${indent}${stage.padEnd(8)} ${seconds({ stage, error, ...times }).padStart(9)}  ${how}`;
  });
}

/** One build in a line, newest first in a list. */
export function buildLine(record: BuildRecord | ImageRecord): string {
  const what =
    "subject" in record
      ? `${record.subject.kind === "template" ? record.subject.template : "iso"} ${record.subject.version}`
      : `${record.component} ${record.version ?? "?"}`;
  const release = "subject" in record ? record.subject.release : record.release;
  const reason = record.reason === "" ? "" : `: ${record.reason}`;
  return `${record.job.padStart(6)}  ${minute(record.startedAt)}  ${release.padEnd(6)} ${what}  ${record.state}${reason}`;
}

/** A component's build, whole. */
export function renderBuild(record: BuildRecord): string {
  const signed =
    record.signed === null
      ? "nothing verified"
      : `${record.signed.tag ?? "no tag"} by ${record.signed.signers.join(", ") || "nobody"}`;
  const lines = [
    `job        ${record.job}${record.trace === null ? "" : ` (${record.trace})`}: ${record.state}${record.reason === "" ? "" : `: ${record.reason}`}`,
    `asked by   ${asker(record.askedBy)}`,
    `component  ${record.component} ${record.version ?? ""} (${record.release}), commit ${record.commit ?? "none"}`,
    `signed     ${signed}`,
    `builder    ${record.builder}`,
    `time       ${minute(record.startedAt)} to ${minute(record.endedAt)}`,
  ];
  for (const entry of record.distributions) {
    lines.push("", `${entry.distribution}: ${entry.state}${entry.reason === "" ? "" : `: ${entry.reason}`}`);
    if (entry.attempts > 1) lines.push(`  begun ${entry.attempts} times, after a crash`);
    if (entry.log !== null) lines.push(`  log ${entry.log}`);
    lines.push(...stageLines(entry.stages, "  "));
    lines.push(...entry.packages.map(({ file, sha256, size }) => `  ${sha256}  ${file} (${size} bytes)`));
  }
  return `${lines.join("\n")}\n`;
}

/** A template's or an ISO's build, whole. */
export function renderImage(record: ImageRecord): string {
  const { subject } = record;
  const lines = [
    `job        ${record.job}${record.trace === null ? "" : ` (${record.trace})`}: ${record.state}${record.reason === "" ? "" : `: ${record.reason}`}`,
    `asked by   ${asker(record.askedBy)}`,
    `${subject.kind.padEnd(10)} ${subject.kind === "template" ? `${subject.template} ` : ""}${subject.version} (${subject.release})`,
    `builder    ${record.builder}`,
    `goes to    ${record.repository}`,
    `time       ${minute(record.startedAt)} to ${minute(record.endedAt)}`,
    ...(record.log === null ? [] : [`log        ${record.log}`]),
    ...(record.tests === null ? [] : [`tests      ${record.tests}`]),
    ...stageLines(record.stages, ""),
  ];
  return `${lines.join("\n")}\n`;
}
