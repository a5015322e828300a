import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AdapterError, type Fingerprint, parseFingerprint } from "../../../domain/index.ts";
import { type ConfigurationFile, readConfiguration, resolvePath } from "../../configuration.ts";
import { statusOptions } from "../status-options.ts";

/** Options of every command that signs lines and posts them. */
export const signingOptions = {
  ...statusOptions,
  rehearse: { type: "boolean" },
  yes: { type: "boolean" },
  key: { type: "string" },
  "sign-with": { type: "string" },
  gpg: { type: "string" },
  gnupghome: { type: "string" },
  "sq-key": { type: "string" },
  "token-file": { type: "string" },
  "api-url": { type: "string" },
  wait: { type: "string" },
} as const;

/** What {@link signingOptions} were given. */
export interface SigningValues {
  readonly config?: string | undefined;
  readonly rehearse?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly key?: string | undefined;
  readonly "sign-with"?: string | undefined;
  readonly gpg?: string | undefined;
  readonly gnupghome?: string | undefined;
  readonly "sq-key"?: string | undefined;
  readonly "token-file"?: string | undefined;
  readonly "api-url"?: string | undefined;
  readonly wait?: string | undefined;
}

/** The options' part of a help text. */
export const signingHelp = `  --rehearse         shows the plan, signs and posts nothing
  --yes              does not ask
  --sign-with HOW    gpg (the default), sq, or a program that takes gpg's arguments, as qubes-gpg-client-wrapper
  --key FINGERPRINT  whose signature, for gpg
  --gnupghome DIR    gpg's home, where it is not the default one
  --sq-key FILE      the secret key, for sq
  --token-file FILE  GitHub's token of whoever posts
  --api-url URL      for GitHub Enterprise
  --wait SECONDS     how long answers are waited for (600); 0: not at all
  --data, --keys, --max-age, --config   as for 'release-bot list'
  --json             for scripts
All but the first two may stand in the configuration, in the sections maintainer: and status:.
`;

/** Exit statuses of what signs, posts and follows. */
export const signingStatuses = `Exit status 0 all done, 1 refused, failed or not agreed to, 2 wrong usage, 3 posted, and not over in time.
`;

const section = z.strictObject({
  key: z
    .string()
    .regex(/^[0-9A-Fa-f]{40}$/, "a fingerprint of 40 hex digits is expected")
    .optional(),
  "sign-with": z.string().min(1).optional(),
  gnupghome: z.string().min(1).optional(),
  "sq-key": z.string().min(1).optional(),
  "token-file": z.string().min(1).optional(),
  "api-url": z.url().optional(),
});

/** How lines are signed. */
export type SigningWay =
  | { readonly kind: "gpg"; readonly program: string; readonly key: Fingerprint; readonly home: string | null }
  | { readonly kind: "sq"; readonly keyFile: string };

/** With what a maintainer signs and posts. */
export interface SigningSettings {
  readonly way: SigningWay;
  readonly token: string;
  readonly apiUrl: string;
  readonly waitMs: number;
}

/** The flags, and for what they leave out the section `maintainer:`. Throws AdapterError `CONFIGURATION`, with what is missing. */
export function signingSettings(values: SigningValues, environment: NodeJS.ProcessEnv): SigningSettings {
  const configuration = configurationOf(values.config, environment);
  const read = configuration?.optionalSection("maintainer", section) ?? {};
  const at = (path: string | undefined): string | null =>
    path === undefined || configuration === null ? null : resolvePath(configuration, environment, path);
  const tokenFile = values["token-file"] ?? at(read["token-file"]);
  if (tokenFile === null) throw missing("--token-file FILE", "token-file");
  const waitMs = Number(values.wait ?? 600) * 1000;
  if (!(waitMs >= 0)) throw new AdapterError("CONFIGURATION", "--wait takes a number of seconds");
  return {
    way: wayOf(values, read, at),
    token: readToken(tokenFile),
    apiUrl: values["api-url"] ?? environment["GITHUB_API_URL"] ?? read["api-url"] ?? "https://api.github.com",
    waitMs,
  };
}

function wayOf(
  values: SigningValues,
  read: z.output<typeof section>,
  at: (path: string | undefined) => string | null,
): SigningWay {
  const program = values["sign-with"] ?? values.gpg ?? read["sign-with"] ?? "gpg";
  if (program === "sq") {
    const keyFile = values["sq-key"] ?? at(read["sq-key"]);
    if (keyFile === null) throw missing("--sq-key FILE", "sq-key");
    return { kind: "sq", keyFile };
  }
  const key = parseFingerprint(values.key ?? read.key ?? "");
  if (key === null) throw missing("--key FINGERPRINT (40 hex digits)", "key");
  return { kind: "gpg", program, key, home: values.gnupghome ?? at(read.gnupghome) };
}

function missing(flag: string, name: string): AdapterError {
  return new AdapterError(
    "CONFIGURATION",
    `${flag} is needed to sign and post, or maintainer.${name} in the configuration`,
  );
}

/** The file that was named; the usual one only where it is there: flags may say everything. */
function configurationOf(option: string | undefined, environment: NodeJS.ProcessEnv): ConfigurationFile | null {
  const named = option ?? environment["RELEASE_BOT_CONFIG"];
  const usual = join(environment["HOME"] ?? "/", ".config/release-bot/config.yml");
  return named === undefined && !existsSync(usual) ? null : readConfiguration(option, environment);
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new AdapterError("CONFIGURATION", `${file}: the token cannot be read`, cause);
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(token))
    throw new AdapterError("CONFIGURATION", `${file} holds no token on one line`);
  return token;
}
