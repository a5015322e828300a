import { AdapterError } from "../../../domain/index.ts";

/** One line of what doctor says. */
export interface Finding {
  /** `problem`: something does not work. `warning`: it will not, or less safely. */
  readonly level: "ok" | "warning" | "problem";
  readonly what: string;
  /** What to do; empty where all is well. */
  readonly remedy: string;
}

/** All is well. */
export function fine(what: string): Finding {
  return { level: "ok", what, remedy: "" };
}

/** It works, but not for long, or not as safely as it should. */
export function warning(what: string, remedy: string): Finding {
  return { level: "warning", what, remedy };
}

/** It does not work. */
export function problem(what: string, remedy: string): Finding {
  return { level: "problem", what, remedy };
}

/** Runs a check; a fault of the world in it is a problem like any other, and stops no other check. */
export async function checked(remedy: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (fault) {
    if (fault instanceof AdapterError) return [problem(fault.message, remedy)];
    throw fault;
  }
}

const marks = { ok: "ok      ", warning: "warning ", problem: "PROBLEM " } as const;

/** The findings as lines: what is, and under what is not well, what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ level, what, remedy }) => `${marks[level]}${what}\n${remedy === "" ? "" : `        -> ${remedy}\n`}`)
    .join("");
}
