import { z } from "zod";
import { no, ok, type Result } from "../domain/index.ts";

const time = z.iso.datetime();
const word = z.string().max(200);

const placeBefore = z.strictObject({
  /** `host-fc41`, `vm-bookworm`; for a template or an ISO `all`. */
  distribution: word,
  state: z.enum(["building", "failed", "testing", "current", "other"]),
  /** Where it stands; null while it stands nowhere. */
  repository: word.nullable(),
  since: time.nullable(),
  builtAt: time.nullable(),
  /** Of the package: `4.3.12-1`. */
  packageVersion: word.nullable(),
  log: z.string().max(500).nullable(),
  /** Why it failed; other people's text. */
  reason: z.string().max(2000),
  /** The fingerprint of who holds it back; null where nobody does. */
  heldBy: word.nullable(),
  environment: word,
});

const place = placeBefore.extend({
  /** When its last build failed; null where it did not, or a later one stands. */
  failedAt: time.nullable(),
  /** The signed command, or the operator's urgent order, that brought it where it stands; null where none is known. */
  promotedBy: z
    .union([
      z.strictObject({ signer: word, signedAt: time, trace: word.nullable() }),
      z.strictObject({ operator: word, reason: z.string().max(2000), orderedAt: time }),
    ])
    .nullable(),
});

const updateBefore = z.strictObject({
  release: word,
  kind: z.enum(["component", "template", "iso"]),
  name: word,
  version: word,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  issue: z.int().positive().nullable(),
  buggy: z.boolean(),
  minAgeDays: z.int().nonnegative(),
  places: z.array(placeBefore).max(100),
});

const update = updateBefore.extend({
  /** Thumbs up and down on the open status issue: shown, deciding nothing. Null where GitHub has not said. */
  votes: z.strictObject({ up: z.int().nonnegative(), down: z.int().nonnegative() }).nullable(),
  /** Where openQA's results of an ISO stand. */
  tests: z.string().max(500).nullable(),
  places: z.array(place).max(100),
});

const head = {
  generatedAt: time,
  /** The build qubes whose records these are. */
  environments: z.array(word).max(50),
  /** `OWNER/REPO` of the status issues and of the build logs. */
  reportRepository: word,
  logsRepository: word,
  logsBranch: word,
};
const most = 200_000;

const schema = z.strictObject({
  ...head,
  format: z.literal("release-bot-status-2"),
  updates: z.array(update).max(most),
});

/** What build qubes of an earlier version publish: votes, tests and promoters are not known of it. */
const schemaBefore = z.strictObject({
  ...head,
  format: z.literal("release-bot-status-1"),
  updates: z.array(updateBefore).max(most),
});

/** How far one version has come for one distribution, by one build qube's records. */
export type StatusPlace = Readonly<z.output<typeof place>>;
/** One version of a component, one build of a template, one ISO. All texts are untrusted: escape them where they go. */
export type StatusUpdate = Readonly<z.output<typeof update>>;
/** What a build qube publishes of its records. */
export type StatusData = Readonly<z.output<typeof schema>>;

/**
 * Parses published status data, of this shape or of the one before, which is read as if it knew no more than it says. Any
 * other shape is refused, with the first thing that is wrong.
 */
export function parseStatusData(untrusted: string): Result<StatusData, string> {
  let tree: unknown;
  try {
    tree = JSON.parse(untrusted);
  } catch {
    return no("it is no JSON");
  }
  const parsed = z.discriminatedUnion("format", [schema, schemaBefore]).safeParse(tree);
  if (parsed.success) return ok(parsed.data.format === "release-bot-status-2" ? parsed.data : upgraded(parsed.data));
  const [issue] = parsed.error.issues;
  return no(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not status data"}`);
}

function upgraded(before: z.output<typeof schemaBefore>): StatusData {
  const updates = before.updates.map((one) => ({
    ...one,
    votes: null,
    tests: null,
    places: one.places.map((where) => ({ ...where, failedAt: null, promotedBy: null })),
  }));
  return { ...before, format: "release-bot-status-2", updates };
}
