import { qrexecTransport } from "../../adapters/qrexec/index.ts";
import { recordProvenance, traceOfStatement } from "../../trail/index.ts";
import { pump } from "../../work/index.ts";
import { takeBuilderLock } from "../builder-lock.ts";
import { openGithub } from "./github.ts";
import type { AgentParts, Hands } from "./hands.ts";
import { isoTestsFor } from "./iso-tests.ts";
import { jobRunner } from "./job-runner.ts";
import { promotionParts } from "./promotion-parts.ts";
import { takeUp } from "./promotion-taken-up.ts";
import { keepProvenance } from "./provenance.ts";
import { recoverRepositories } from "./recover-repositories.ts";
import { statementDeliverer, statementsChannel } from "./statement-entries.ts";
import { toldDeliverer, traceOfEntry } from "./told-deliverer.ts";
import { placeOf, Uploads, uploadedEvent } from "./uploads.ts";
import { watchLeft } from "./watch-left.ts";
import { openWorld, sayWalls, type World } from "./world.ts";

/** The hands of an agent that does the work: it builds, signs, publishes, promotes, and tells GitHub. */
export function liveHands(parts: AgentParts): Hands {
  const { settings, qrexec, store, clock, watch, wakeUp, builders, verification, log } = parts;
  const { ledger } = store;
  const github = openGithub(settings, clock.now);
  const world: World = openWorld({
    settings,
    qrexec,
    transport: qrexecTransport(qrexec),
    environment: process.env,
    now: clock.now,
    upload: (task) => uploads.upload(task.builder, placeOf(task), uploadedEvent(task, settings.qube, clock.now())),
  });
  const provenance = keepProvenance({
    environment: settings.qube,
    logs: world.logs,
    records: store.builds,
    images: store.images,
    ledger,
    outbox: store.outbox,
    builders,
    now: clock.now,
    log,
  });
  const { repositories } = world;
  const takingUp = {
    begun: store.begunPlans,
    clock: watch,
    ...{ builders, repositories, logs: provenance.logs, applied: provenance.applied, log },
  };
  const uploads = new Uploads({ repositories, awaited: store.awaitedUploads, builders, clock, log });
  const { logs, records } = provenance;
  const building = { environment: settings.qube, now: clock.now, ...world, logs, records };
  const images = {
    ...building,
    images: provenance.images,
    imageBackend: world.backend,
    isoTests: isoTestsFor(settings.openQa, clock.now),
  };
  const checkouts = { checkouts: settings.checkouts, environment: world.tools, log };
  const delivering = { store: store.outbox, clock, wakeUp, batch: 20 };
  const again = (fields: object): void => log.warn(fields, "a delivery is to be made again");
  return {
    comments: github.comments,
    // What anybody can send leaves no trace on the disk.
    onRefused: async () => undefined,
    runner: (poller) => {
      const environment = settings.qube;
      const promotion = promotionParts({
        environment,
        store,
        poller,
        github,
        world,
        uploads,
        provenance,
        now: clock.now,
      });
      const commands = { verification, ledger, clock: watch, now: clock.now, building, images, promotion };
      return provenance.runner(
        jobRunner({
          builders,
          building,
          commands,
          checkouts,
          takeUp: (job, builder) => takeUp(takingUp, job, builder),
          lock: takeBuilderLock,
        }),
      );
    },
    prepare: async () => {
      await sayWalls({ settings, environment: process.env }, log);
      await recoverRepositories(world, await builders(), log);
    },
    run: (end) => {
      const stating = statementDeliverer({
        record: (key, statements) => recordProvenance({ logs: world.logs, signer: world.signer, key }, statements),
        random: Math.random,
        end,
        onStated: (path, statements) => {
          const traces = [...new Set(statements.map(traceOfStatement).filter((trace) => trace !== null))];
          log.info({ path, statements: statements.length, traces }, "stated");
        },
      });
      return [
        pump(
          {
            ...delivering,
            channel: "github",
            deliverer: toldDeliverer(github.deliverer, log),
            lanes: 4,
            onTrouble: (lane, reason, first) =>
              again({ lane, trace: first === null ? null : traceOfEntry(first), reason }),
          },
          end,
        ),
        pump(
          {
            ...delivering,
            channel: statementsChannel,
            deliverer: stating,
            lanes: 2,
            onTrouble: (lane, reason) => again({ lane, reason }),
          },
          end,
        ),
        uploads.watch(end),
        watchLeft({ ...takingUp, wait: clock, lock: takeBuilderLock }, end),
      ];
    },
    close: () => github.close(),
  };
}
