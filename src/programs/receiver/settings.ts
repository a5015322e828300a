import { readFileSync } from "node:fs";
import { z } from "zod";
import { AdapterError } from "../../domain/index.ts";
import { type ConfigurationFile, type Environment, resolvePath } from "../configuration.ts";

const address = z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65535) });
const slug = z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, "OWNER/REPOSITORY is expected");

const section = z.strictObject({
  listen: address,
  monitor: address.refine(({ host }) => ["127.0.0.1", "::1", "localhost"].includes(host), {
    message: "only a loopback address (127.0.0.1, ::1): it shows what the receiver does to anyone who asks",
  }),
  "webhook-secret-file": z.string().min(1),
  "state-dir": z.string().min(1).default("~/.local/state/release-bot/receiver"),
  "build-vms-list": z.string().min(1),
  owners: z.array(z.string().regex(/^[A-Za-z0-9-]{1,39}$/)).min(1),
  branches: z.array(z.string().min(1)).default([]),
  "report-repository": slug.default("QubesOS/updates-status"),
  "call-timeout-seconds": z.number().positive().max(3600).default(30),
});

/** Where a server listens. */
export type Address = z.output<typeof address>;

/** The section `receiver:`, paths absolute, the secret read. */
export interface ReceiverSettings {
  readonly listen: Address;
  readonly monitor: Address;
  readonly secret: string;
  readonly stateDirectory: string;
  readonly buildVmsList: string;
  readonly filter: EventFilter;
  readonly callTimeoutMs: number;
}

/** Which events lead to calls. Owners and the report repository are compared without case, as GitHub does. */
export interface EventFilter {
  readonly owners: readonly string[];
  /** Empty: every branch. */
  readonly branches: readonly string[];
  readonly reportRepository: string;
}

/** Reads the section. Throws AdapterError `CONFIGURATION`; a missing, empty or short secret is one. */
export function receiverSettings(configuration: ConfigurationFile, environment: Environment): ReceiverSettings {
  const read = configuration.section("receiver", section);
  const path = (value: string): string => resolvePath(configuration, environment, value);
  return {
    listen: read.listen,
    monitor: read.monitor,
    secret: readSecret(path(read["webhook-secret-file"])),
    stateDirectory: path(read["state-dir"]),
    buildVmsList: path(read["build-vms-list"]),
    filter: { owners: read.owners, branches: read.branches, reportRepository: read["report-repository"] },
    callTimeoutMs: read["call-timeout-seconds"] * 1000,
  };
}

/** Without a secret anyone's event would be taken, and Probot would put a well-known word in its place. */
function readSecret(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new AdapterError(
      "CONFIGURATION",
      `${file}: the webhook secret cannot be read; the receiver needs one`,
      cause,
    );
  }
  if (secret.length < 16) {
    throw new AdapterError("CONFIGURATION", `${file}: the webhook secret has to have 16 characters at least`);
  }
  return secret;
}
