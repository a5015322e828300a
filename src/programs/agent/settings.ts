import { join } from "node:path";
import { z } from "zod";
import {
  parseComponentName,
  parseDistribution,
  parseFingerprint,
  parseQubeName,
  parseRelease,
  parseTemplateName,
} from "../../domain/index.ts";
import { type ConfigurationFile, type Environment, resolvePath } from "../configuration.ts";
import type { OpenQaSettings } from "./iso-tests.ts";

/** A schema for text that one of the domain's parsers makes something of. */
function parsed<T>(parse: (untrusted: string) => T | null, what: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: `'${text.slice(0, 80)}' is not ${what}` });
    return z.NEVER;
  });
}

const slug = z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, "OWNER/REPOSITORY is expected");
const path = z.string().min(1);
const target = z.union([z.literal("@default"), parsed(parseQubeName, "a qube's name")]);

const section = z
  .strictObject({
    qube: parsed(parseQubeName, "a qube's name"),
    /** `shadow`: takes everything in and plans, beside a predecessor that does the work, and writes to its own state alone. */
    mode: z.enum(["live", "shadow"]).default("live"),
    "state-dir": path.default("~/.local/state/release-bot/agent"),
    "builders-list": path,
    "include-roots": z.record(path, path).default({}),
    "trusted-keys": path.optional(),
    keyring: path.optional(),
    verifiers: z
      .array(z.enum(["openpgp", "sqv"]))
      .refine(
        (names) => names.includes("openpgp") && names.includes("sqv"),
        "two verifiers must agree: openpgp and sqv",
      )
      .default(["openpgp", "sqv"]),
    "answers-unknown": z.boolean().default(false),
    known: z
      .strictObject({
        releases: z.array(parsed(parseRelease, "a release")).default([]),
        components: z.array(parsed(parseComponentName, "a component's name")).default([]),
        templates: z.array(parsed(parseTemplateName, "a template's name")).default([]),
        distributions: z.array(parsed(parseDistribution, "a distribution")).default([]),
      })
      .optional(),
    "max-signature-age-days": z.number().positive().max(365).default(7),
    /** Where `/metrics` is served, on a loopback address; null: nowhere. */
    monitor: z
      .strictObject({
        host: z.enum(["127.0.0.1", "::1", "localhost"]),
        port: z.int().min(0).max(65_535),
      })
      .nullable()
      .default(null),
    "poll-seconds": z.number().min(1).max(86_400).default(180),
    github: z
      .strictObject({
        "api-url": z.url().default("https://api.github.com"),
        "report-repository": slug.default("QubesOS/updates-status"),
        "issues-repository": slug.default("QubesOS/qubes-issues"),
        "logs-repository": slug.default("QubesOS/build-logs"),
        "logs-branch": z.string().min(1).default("master"),
        "token-file": path.optional(),
        app: z
          .strictObject({
            id: z.int().positive(),
            installation: z.int().positive().nullable().default(null),
            "private-key-file": path,
          })
          .optional(),
        reporters: z.array(z.string().min(1)).default([]),
        "templates-dir": path.nullable().default(null),
        // GitHub itself gives a request up after 10 s: whoever waits less cannot tell what was carried out.
        "timeout-seconds": z.number().gt(10, "GitHub itself takes up to 10 s: give more than 10").max(300).default(30),
      })
      .refine((github) => (github["token-file"] === undefined) !== (github.app === undefined), {
        message: "give either token-file or app",
      }),
    native: z
      .strictObject({
        isolation: z.enum(["namespaces", "none"]).default("namespaces"),
      })
      .default({ isolation: "namespaces" }),
    sign: z
      .strictObject({
        via: z.enum(["key-gate", "gpg"]).default("key-gate"),
        "keys-qube": target.default("@default"),
        homedir: path.nullable().default(null),
      })
      .default({ via: "key-gate", "keys-qube": "@default", homedir: null }),
    /** Base addresses of the mirrors, for dom0's metalinks; without it, those of builder v2's own list. */
    "mirrors-list": path.nullable().default(null),
    /** Every so many hours the remotes are looked at for version tags that no push announced. */
    "tag-scan-hours": z.number().positive().max(8760).default(24),
    /** Checkouts of builders and configurations that are kept up to date before each job. */
    checkouts: z
      .array(
        z.strictObject({
          directory: path,
          branch: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}$/, "a branch's name is expected"),
          maintainers: z.array(parsed(parseFingerprint, "a fingerprint of 40 hex digits")).min(1),
          keys: path,
        }),
      )
      .default([]),
    openqa: z
      .strictObject({ "client-conf": path.default("~/.config/openqa/client.conf"), server: z.string().optional() })
      .default({ "client-conf": "~/.config/openqa/client.conf" }),
    "log-timeout-seconds": z.number().positive().max(3600).default(60),
  })
  .refine((agent) => (agent["trusted-keys"] === undefined) !== (agent.keyring === undefined), {
    message: "give either trusted-keys (a directory) or keyring (a file)",
  })
  .refine((agent) => !agent["answers-unknown"] || agent.known !== undefined, {
    message: "answers-unknown needs known: the names that the other environments serve",
  });

/** The section `agent:` with its paths absolute. Names are those of the file. */
export type AgentSettings = z.output<typeof section> & {
  readonly socketDirectory: string;
  /** Where calls are taken: beside its own state by an agent that only looks on; null: in `services-dir`. */
  readonly callsDirectory: string | null;
  readonly openQa: OpenQaSettings;
};

/** Reads the section. Throws AdapterError `CONFIGURATION`. */
export function agentSettings(configuration: ConfigurationFile, environment: Environment): AgentSettings {
  const read = configuration.section("agent", section);
  const at = (written: string): string => resolvePath(configuration, environment, written);
  const { app } = read.github;
  // What a shadow has seen and decided is no part of what the agent goes by once it does the work itself.
  const state = at(read.mode === "shadow" ? `${read["state-dir"]}/shadow` : read["state-dir"]);
  const includeRoots = Object.entries(read["include-roots"]).map(([from, to]) => [from, at(to)] as const);
  return {
    ...read,
    "state-dir": state,
    "builders-list": at(read["builders-list"]),
    "include-roots": Object.fromEntries(includeRoots),
    ...(read["trusted-keys"] === undefined ? {} : { "trusted-keys": at(read["trusted-keys"]) }),
    ...(read.keyring === undefined ? {} : { keyring: at(read.keyring) }),
    github: {
      ...read.github,
      "api-url": environment["GITHUB_API_URL"] ?? read.github["api-url"],
      ...(read.github["token-file"] === undefined ? {} : { "token-file": at(read.github["token-file"]) }),
      ...(app === undefined ? {} : { app: { ...app, "private-key-file": at(app["private-key-file"]) } }),
      "templates-dir": read.github["templates-dir"] === null ? null : at(read.github["templates-dir"]),
    },
    "mirrors-list": read["mirrors-list"] === null ? null : at(read["mirrors-list"]),
    sign: { ...read.sign, homedir: read.sign.homedir === null ? null : at(read.sign.homedir) },
    checkouts: read.checkouts.map((checkout) => ({
      ...checkout,
      directory: at(checkout.directory),
      keys: at(checkout.keys),
    })),
    openQa: { clientConf: at(read.openqa["client-conf"]), server: read.openqa.server ?? null },
    socketDirectory: join(state, "sockets"),
    callsDirectory: read.mode === "shadow" ? join(state, "calls") : null,
  };
}
