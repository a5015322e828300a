import { createHash } from "node:crypto";
import { openReadingGithub } from "./github.ts";
import type { AgentParts, Hands } from "./hands.ts";
import { jobRunner } from "./job-runner.ts";
import { promotionReaders } from "./promotion-readers.ts";
import type { PromotionParts } from "./promotion-runner.ts";
import { ShadowDesk } from "./shadow-desk.ts";
import { openShadowWorld } from "./shadow-world.ts";
import { toolEnvironment } from "./world.ts";

/**
 * The hands of an agent in shadow mode: it has none. What it would do runs through the same code as any agent's, with ports
 * behind which there is nothing to write to: GitHub answers questions only, the repositories stand on a disk that cannot be written, the
 * back-ends have no stages, logs go nowhere, nobody signs, no lock is taken. What it decides goes into its own state.
 */
export function shadowHands(parts: AgentParts): Hands {
  const { settings, store, clock, watch, builders, verification, log } = parts;
  const { ledger } = store;
  const github = openReadingGithub(settings, clock.now);
  const world = openShadowWorld(parts);
  const desk = new ShadowDesk({ store, repositories: world.repositories, now: clock.now });
  const building = { environment: settings.qube, now: clock.now, records: store.builds, ...world };
  const images = { ...building, images: store.images, imageBackend: world.backend, isoTests: async () => null };
  const checkouts = { checkouts: [], environment: toolEnvironment(process.env), log };
  return {
    comments: github.comments,
    onRefused: ({ trace, refusal, untrustedBytes, at }) =>
      store.rehearsals.keepRefused({
        key: createHash("sha256").update(untrustedBytes).digest("hex"),
        at: at.toISOString(),
        trace,
        signer: null,
        untrustedText: Buffer.from(untrustedBytes).toString("latin1"),
        refusal,
      }),
    runner: (poller) => {
      const promotion: PromotionParts = {
        ...promotionReaders({ store, comments: github.comments, world }),
        environment: settings.qube,
        ledger,
        now: clock.now,
        poller,
        logs: world.logs,
        repositories: (builder) => desk.repositories(builder),
        applier: () => async (plan) => ({ dist: plan.dist, repository: plan.to, moves: plan.moves }),
        // Nothing is begun, nothing stated.
        begun: { begin: async () => undefined, stated: async () => undefined },
        applied: async () => "stated",
        upload: async () => undefined,
      };
      const commands = { verification, ledger, clock: watch, now: clock.now, building, images, promotion };
      return desk.runner(
        jobRunner({
          builders,
          building,
          commands,
          checkouts,
          takeUp: async () => ({ plans: [], log: null }),
          lock: async () => ({ release: async () => undefined }),
        }),
      );
    },
    prepare: async () =>
      log.warn("shadow mode: everything is taken in and planned, and nothing is done; see 'release-bot shadow report'"),
    run: () => [],
    close: () => github.close(),
  };
}
