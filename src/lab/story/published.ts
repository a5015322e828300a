/** What is published, as the real clients see it. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type AptView, askApt } from "../clients/apt.ts";
import { askDnf, type DnfView } from "../clients/dnf.ts";
import { LabFault } from "../lab-fault.ts";
import type { LabComponent } from "../preparation.ts";
import type { RunningLab } from "../running-lab.ts";
import { placesOf } from "./places.ts";

/** A component in one repository, seen by both clients. */
export interface ClientsView {
  readonly dnf: DnfView;
  readonly apt: AptView;
}

/** Asks a real dnf and a real apt, each with a private root made for this question. */
export async function askClients(
  lab: RunningLab,
  component: LabComponent,
  repository: "currentTesting" | "current",
): Promise<ClientsView> {
  const { rpm, deb } = placesOf(lab, component).repositories;
  const root = mkdtempSync(join(lab.root, "client-"));
  const { environment } = lab;
  const [dnf, apt] = await Promise.all([
    askDnf({ root: join(root, "dnf"), repository: rpm[repository], keyFile: rpm.key, environment }, component.name),
    askApt(
      {
        root: join(root, "apt"),
        repository: deb.root,
        suite: deb.suites[repository],
        keyFile: deb.key,
        environment,
      },
      component.name,
    ),
  ]);
  return { dnf, apt };
}

/** Throws LabFault unless both clients refreshed, see exactly the version, and could fetch and verify its file. */
export function requireSeen({ dnf, apt }: ClientsView, { version }: LabComponent, where: string): string {
  for (const [name, view] of Object.entries({ dnf, apt })) {
    if (!view.refreshed)
      throw new LabFault(`${name} cannot use ${where}: ${view.said.split("\n").slice(-3).join("; ")}`);
    if (view.versions.length !== 1 || view.versions[0]?.startsWith(version) !== true) {
      throw new LabFault(`${name} sees [${view.versions.join(", ")}] in ${where}, not version ${version}`);
    }
    if (view.file === null) throw new LabFault(`${name} could not fetch the package from ${where}`);
  }
  return `dnf sees ${dnf.versions[0]}, apt sees ${apt.versions[0]}`;
}

/** Throws LabFault if one of the clients sees any version of it; a repository that does not exist yet shows nothing. */
export function requireUnseen({ dnf, apt }: ClientsView, component: LabComponent, where: string): void {
  const seen = [...dnf.versions, ...apt.versions];
  if (seen.length > 0) throw new LabFault(`${component.name} ${seen.join(", ")} stands in ${where} and must not`);
}
