import { join } from "node:path";
import { z } from "zod";
import { type Fingerprint, parseFingerprint, parseQubeName, type QubeName } from "../../domain/index.ts";
import {
  type ConfigurationFile,
  type Environment,
  type QrexecSettings,
  qrexecSettings,
  resolvePath,
} from "../configuration.ts";

const fingerprint = z.string().transform((text, context): Fingerprint => {
  const parsed = parseFingerprint(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: "custom", message: "a fingerprint of 40 hex digits is expected" });
  return z.NEVER;
});
const qube = z.string().transform((text, context): QubeName => {
  const parsed = parseQubeName(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: "custom", message: "a qube's name is expected" });
  return z.NEVER;
});

const section = z.strictObject({
  "state-dir": z.string().min(1).default("~/.local/state/release-bot/log-receiver"),
  remote: z.string().min(1).nullable().default(null),
  branch: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/)
    .default("master"),
  "signing-key": fingerprint,
  gnupghome: z.string().min(1).default("~/.gnupg"),
  gpg: z.string().min(1).default("gpg"),
  "ssh-command": z.string().min(1).nullable().default(null),
  // Nothing is unlocked before it is public, unless somebody writes that he wants less.
  ack: z.enum(["push", "commit"]).default("push"),
  acknowledge: z.array(qube),
  "checkpoint-minutes": z.number().positive().max(1440).default(10),
  "limit-bytes": z
    .number()
    .int()
    .positive()
    .default(1024 ** 3),
  "push-timeout-seconds": z.number().positive().max(3600).default(120),
  "push-wait-seconds": z.number().positive().max(600).default(30),
  embargo: z.boolean().default(false),
  metrics: z
    .string()
    .regex(/^[0-9A-Za-z.:[\]-]*:[0-9]{1,5}$/)
    .nullable()
    .default(null),
});

/** What the log receiver is told; paths absolute. */
export interface LogReceiverSettings {
  readonly qrexec: QrexecSettings;
  readonly stateDirectory: string;
  readonly remote: string | null;
  readonly branch: string;
  readonly signingKey: Fingerprint;
  readonly gnupgHome: string;
  readonly gpg: string;
  readonly sshCommand: string;
  readonly ack: "push" | "commit";
  readonly acknowledge: readonly QubeName[];
  readonly checkpointMs: number;
  readonly limitBytes: number;
  readonly pushTimeoutMs: number;
  readonly pushWaitMs: number;
  readonly embargo: boolean;
  readonly metrics: string | null;
}

const sshCommand = "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15";

/** Reads the sections `log-receiver:` and `qrexec:`. Throws AdapterError `CONFIGURATION`. */
export function logReceiverSettings(file: ConfigurationFile, environment: Environment): LogReceiverSettings {
  const told = file.section("log-receiver", section);
  const path = (text: string): string => resolvePath(file, environment, text);
  // An ssh address stays as it is; a path may begin with ~ or be relative to the file.
  const isPath = told.remote !== null && /^[~./]/.test(told.remote);
  return {
    qrexec: qrexecSettings(file, environment),
    stateDirectory: path(told["state-dir"]),
    remote: told.remote !== null && isPath ? path(told.remote) : told.remote,
    branch: told.branch,
    signingKey: told["signing-key"],
    gnupgHome: path(told.gnupghome),
    gpg: told.gpg,
    sshCommand: told["ssh-command"] ?? sshCommand,
    ack: told.ack,
    acknowledge: told.acknowledge,
    checkpointMs: told["checkpoint-minutes"] * 60_000,
    limitBytes: told["limit-bytes"],
    pushTimeoutMs: told["push-timeout-seconds"] * 1000,
    pushWaitMs: told["push-wait-seconds"] * 1000,
    embargo: told.embargo,
    metrics: told.metrics,
  };
}

/** Where things lie in the state directory. */
export function stateLayout(
  stateDirectory: string,
): Readonly<Record<"logs" | "open" | "repository" | "embargo" | "status" | "lock", string>> {
  const at = (name: string): string => join(stateDirectory, name);
  return {
    logs: at("logs"),
    open: at("open"),
    repository: at("repository.git"),
    embargo: at("embargo"),
    status: at("status.json"),
    lock: at("lock.sock"),
  };
}
