import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseQubeName } from "../../domain/index.ts";
import { type PolicySystem, qubeFacts } from "../../formats/qrexec/index.ts";

const qube = z.strictObject({
  home: z.string().min(1),
  /** Where its services are looked up, in this order: sockets or executables. */
  servicesDirs: z.array(z.string().min(1)).default([]),
  /** What its programs call the broker by; `qrexec.sock` in its home where not given. */
  socket: z.string().min(1).optional(),
  /** Added to the environment of its executable services. */
  environment: z.record(z.string(), z.string()).default({}),
  type: z.string().default("AppVM"),
  tags: z.array(z.string()).default([]),
});

const schema = z.strictObject({ policyDir: z.string().min(1), qubes: z.record(z.string(), qube) });

/** A qube of the lab, as the broker knows it. */
export interface LabQube {
  readonly name: string;
  readonly home: string;
  readonly servicesDirs: readonly string[];
  readonly socket: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the broker serves. */
export interface LabDescription {
  readonly policyDir: string;
  readonly qubes: ReadonlyMap<string, LabQube>;
  readonly system: PolicySystem;
}

/** Reads the lab's description, a JSON file; throws with what is wrong in it. */
export function readLabDescription(file: string): LabDescription {
  const { policyDir, qubes } = schema.parse(JSON.parse(readFileSync(file, "utf8")));
  const known = new Map<string, LabQube>();
  for (const [name, { home, servicesDirs, socket, environment }] of Object.entries(qubes)) {
    if (parseQubeName(name) === null || name === "dom0") throw new Error(`${file}: '${name}' cannot be a qube's name`);
    known.set(name, { name, home, servicesDirs, socket: socket ?? join(home, "qrexec.sock"), environment });
  }
  const system = new Map(Object.entries(qubes).map(([name, { type, tags }]) => [name, qubeFacts({ type, tags })]));
  return { policyDir, qubes: known, system };
}
