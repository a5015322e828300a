/** What is published, as the real clients see it. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type AptView, askApt } from "../clients/apt.ts";
import { askDnf, type DnfView } from "../clients/dnf.ts";
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

/** What is wrong with it where the clients should see exactly the version, fetch it and find its signatures good. */
export function faultsOfView(view: ClientsView, version: string, where: string): readonly string[] {
  return Object.entries(view).flatMap(([name, seen]: [string, DnfView | AptView]) => {
    if (!seen.refreshed) return [`${name} cannot use ${where}: ${seen.said.split("\n").slice(-3).join("; ")}`];
    if (seen.versions.length !== 1 || seen.versions[0]?.startsWith(version) !== true) {
      return [`${name} sees [${seen.versions.join(", ")}] in ${where}, not version ${version}`];
    }
    return seen.file === null ? [`${name} could not fetch the package from ${where}`] : [];
  });
}

/** All versions that the clients see; a repository that does not exist yet shows none. */
export function versionsIn({ dnf, apt }: ClientsView): readonly string[] {
  return [...dnf.versions, ...apt.versions];
}

/** `dnf sees 1.0.0-1.fc41, apt sees 1.0.0+deb12u1` */
export function describeView({ dnf, apt }: ClientsView): string {
  return `dnf sees ${dnf.versions.join(", ")}, apt sees ${apt.versions.join(", ")}`;
}
