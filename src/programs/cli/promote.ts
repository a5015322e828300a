/** `release-bot promote`: signs what is ready from the build qubes' own records, posts it, and follows the answers. */
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { AdapterError, parseCommitSha, parseRelease, type Release } from "../../domain/index.ts";
import { type PromotionWish, promotionLines, renderList, type StatusData, tellAll } from "../../status/index.ts";
import { orRefusal } from "./or-refusal.ts";
import { isOneLine, type LocalOrder, promoteLocally } from "./promote-local.ts";
import { signingHelp, signingOptions, signingStatuses } from "./signing/settings.ts";
import { signAndPost } from "./signing/sign-and-post.ts";
import { namesIn, publishedStatus, tableStyle } from "./status-options.ts";

/** What `--help` says. */
export const help = `release-bot promote RELEASE NAME…|--all-ready [--to REPOSITORY] [--dist A,B]
release-bot promote RELEASE NAME… --local --ignore-min-age REASON     (an urgent fix, in the build qube)

Shows the command lines for what is ready, built from the build qubes' signed status data, what they will do for each
distribution, and what is left out and why; asks; signs them as one message (more than 50 lines: as several); posts it on
the first one's status issue; and tells what became of each.

  --to REPOSITORY    current (default), security-testing, templates-itl or templates-community
  --dist A,B         only these distributions (also --dists)
  --components A,B   the same as NAME…
  --all-ready        everything that is ready (also --all)
  --days N           only what has been in testing for N days, where that is more than the builder asks for
  --list             the same as --rehearse
${signingHelp}
In the build qube, by whoever has its shell, never by a comment:

  --local --ignore-min-age REASON   queues an urgent fix for current (templates: for the one of --to) before its days in
                                    testing are over; only the age is set aside. The log and the status issue say
                                    who ordered it, and REASON.
  --operator NAME    who orders it (LOGIN@QUBE)
  --commit SHA       where several stand in testing

Example: release-bot promote r4.3 core-admin --key 0123…CDEF --token-file ~/.config/github-token
         release-bot promote r4.3 --all-ready --days 10 --rehearse
         release-bot promote r4.3 debian-13-xfce --to templates-itl --sign-with sq --sq-key ~/keys/me.pgp
         release-bot promote r4.3 xen --local --ignore-min-age 'CVE-2026-1234 is used in the wild' --operator Alice
${signingStatuses}`;

const options = {
  ...signingOptions,
  to: { type: "string" },
  dist: { type: "string" },
  dists: { type: "string" },
  components: { type: "string" },
  days: { type: "string" },
  list: { type: "boolean" },
  "all-ready": { type: "boolean" },
  all: { type: "boolean" },
  local: { type: "boolean" },
  "ignore-min-age": { type: "string" },
  operator: { type: "string" },
  commit: { type: "string" },
} as const;

const targets = ["current", "security-testing", "templates-itl", "templates-community"] as const;

type Values = ReturnType<typeof parse>["values"];

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true });
}

/** Answers the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return orRefusal({ name: "promote", help }, async () => {
    const { values, positionals } = parse(argv);
    if (values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const [untrustedRelease = "", ...words] = positionals;
    const names = [...words, ...(namesIn(values.components) ?? [])];
    const release = parseRelease(untrustedRelease);
    if (values.local === true || values["ignore-min-age"] !== undefined) {
      const order = localOrder(values, release, names);
      return typeof order === "string" ? usage(order) : await promoteLocally(order, process.env);
    }
    const to = targets.find((target) => target === (values.to ?? "current"));
    const everything = values["all-ready"] === true || values.all === true;
    const days = values.days === undefined ? 0 : Number(values.days);
    if (release === null || to === undefined) return usage("RELEASE and a REPOSITORY to promote to are expected");
    if (everything === names.length > 0) return usage("name components, or give --all-ready");
    if (!(days >= 0)) return usage("--days takes a number");
    const wish = { to, names: everything ? null : names, distributions: namesIn(values.dist ?? values.dists) };
    return promote(values, release, wish, days);
  });
}

/** What `--local` orders, or what is wrong with it. */
function localOrder(values: Values, release: Release | null, names: readonly string[]): LocalOrder | string {
  const reason = values["ignore-min-age"];
  if (values.local !== true) return "--ignore-min-age goes with --local, in the build qube, and with nothing else";
  if (reason === undefined) return "--local is for what is too young: say why with --ignore-min-age REASON";
  if (release === null || names.length === 0) return "RELEASE and the components' names are expected";
  if (values["all-ready"] === true || values.all === true) return "--local takes components by their names only";
  const to = targets.find((target) => target === (values.to ?? "current"));
  if (to === undefined || to === "security-testing")
    return "--local promotes to current, templates-itl or templates-community: elsewhere no age is asked for";
  const ofComponents = values.commit ?? values.dist ?? values.dists;
  if (to !== "current" && ofComponents !== undefined) return "--commit and --dist are for components only";
  if (!isOneLine(reason) || !isOneLine(values.operator ?? "x"))
    return "REASON and NAME are one line each, 300 characters";
  const commit = values.commit === undefined ? null : parseCommitSha(values.commit);
  if (values.commit !== undefined && commit === null) return "--commit takes 40 hex digits";
  const waitMs = Number(values.wait ?? 600) * 1000;
  if (!(waitMs >= 0)) return "--wait takes seconds";
  return {
    release,
    names,
    to,
    distributions: namesIn(values.dist ?? values.dists),
    commit,
    operator: values.operator ?? null,
    login: userInfo().username,
    reason,
    config: values.config,
    ask: values.rehearse === true ? "rehearse" : values.yes === true ? "agreed" : "ask",
    form: values.json === true ? "json" : "text",
    waitMs,
  };
}

async function promote(values: Values, release: Release, wish: PromotionWish, days: number): Promise<number> {
  const now = new Date();
  const data = await publishedStatus(values, process.env, now);
  const stories = tellAll(withDays(data, days), release, now);
  const known = new Set(stories.map(({ update }) => update.name));
  const unknown = wish.names?.find((name) => !known.has(name));
  if (unknown !== undefined) throw new AdapterError("NOT_FOUND", `no record of ${unknown.slice(0, 64)} in ${release}`);
  const lines = promotionLines(stories, wish);
  const left = stories
    .filter(({ update }) => wish.names === null || wish.names.includes(update.name))
    .filter(({ update }) => (update.kind === "template") === wish.to.startsWith("templates-"))
    .map((story) => ({
      ...story,
      places: story.places.filter(({ distribution, verdict }) => {
        const isIn = lines.some(
          ({ name, version, places }) =>
            name === story.update.name &&
            version === story.update.version &&
            places.some((place) => (place.distribution ?? distribution) === distribution),
        );
        return !isIn && verdict !== "in current";
      }),
    }))
    .filter(({ places }) => places.length > 0);
  const style = tableStyle(process.stdout, process.env);
  const besides = left.length === 0 ? "" : `\nLeft out:\n\n${renderList(left, style)}`;
  const status = await signAndPost({ lines, data, values: { ...values, rehearse: isRehearsal(values) }, besides });
  if (lines.length === 0 && !isRehearsal(values)) process.stderr.write("release-bot promote: nothing of it is ready\n");
  return status;
}

function isRehearsal({ rehearse, list }: Values): boolean {
  return rehearse === true || list === true;
}

/** The builder's own minimum stands: what is younger would be refused. */
function withDays(data: StatusData, days: number): StatusData {
  const updates = data.updates.map((update) => ({ ...update, minAgeDays: Math.max(days, update.minAgeDays) }));
  return { ...data, updates };
}

function usage(what: string): number {
  process.stderr.write(`release-bot promote: ${what}\n\n${help}`);
  return 2;
}
