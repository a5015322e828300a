/**
 * `npm run bench -- [GROUP…] [--json]`: measures the figures of the named groups (all without names) and prints a table,
 * or one JSON object a line. Exit status 1 where something could not be measured; a goal that is missed is no failure,
 * since machines differ.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Figure, Measured } from "./figure.ts";

const folder = join(import.meta.dirname, "groups");
const known = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -".ts".length))
  .sort();

function met(figure: Measured): boolean | null {
  const { on, op, than } = figure.goal;
  const measured = on === "value" ? figure.value : figure.ratio;
  if (measured === null) return null;
  return op === "<=" ? measured <= than : measured >= than;
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function row(name: string, measured: Measured): string {
  const goal = `${measured.goal.on === "ratio" ? "ratio " : ""}${measured.goal.op} ${measured.goal.than}`;
  const verdict = { true: "met", false: "MISSED", null: "" }[String(met(measured)) as "true" | "false" | "null"];
  const beside =
    measured.baseline === null
      ? ""
      : `beside ${number(measured.baseline)} ${measured.unit}${measured.ratio === null ? "" : `, ratio ${number(measured.ratio)}`}`;
  return [
    name.padEnd(26),
    `${number(measured.value)} ${measured.unit}`.padEnd(16),
    goal.padEnd(14),
    verdict.padEnd(7),
    beside,
    measured.note,
  ]
    .join(" ")
    .trimEnd();
}

async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  const names = argv.filter((word) => word !== "--json");
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`bench: there is no group ${unknown.join(", ")}; groups: ${known.join(", ")}\n`);
    return 2;
  }
  let failures = 0;
  for (const group of names.length > 0 ? names : known) {
    const { figures } = (await import(join(folder, `${group}.ts`))) as { figures: readonly Figure[] };
    for (const figure of figures) {
      try {
        const measured = await figure.measure();
        process.stdout.write(
          json ? `${JSON.stringify({ name: figure.name, ...measured })}\n` : `${row(figure.name, measured)}\n`,
        );
      } catch (error) {
        failures += 1;
        process.stderr.write(
          `${figure.name}: could not be measured: ${error instanceof Error ? error.message : error}\n`,
        );
      }
    }
  }
  return failures > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
