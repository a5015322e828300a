import { createHash } from "node:crypto";
import { pino } from "pino";
import { Probot } from "probot";
import type { ReceiverStore } from "../../adapters/store/index.ts";
import type { Result } from "../../domain/index.ts";
import type { Clock, NewOutboxEntry } from "../../work/index.ts";
import type { Logger } from "../logging.ts";
import { readBuildVms } from "./build-vms.ts";
import { type EventVerdict, judgeComment, judgePush, type ServiceCall } from "./events.ts";
import type { ReceiverSettings } from "./settings.ts";
import { isSignedBy } from "./webhook-signature.ts";

/** The events that there is a path for. */
export type EventName = "push" | "issue_comment";

/** A request as it came, its body whole. */
export interface Delivery {
  /** What the path takes. */
  readonly takes: EventName;
  /** `X-GitHub-Event`, `X-Hub-Signature-256`; empty where they are missing. */
  readonly untrustedEvent: string;
  readonly untrustedSignature: string;
  readonly body: Buffer;
}

/** What becomes of a delivery, for the answer's status and the metrics. */
export type Verdict = "taken" | "nothing" | "duplicate" | "forged" | "malformed" | "failed";

/** The outbox channel of all calls; a lane is a build qube. */
export const qrexecChannel = "qrexec";

/** What is in every comment that holds a signed block. Neither JSON nor GitHub escapes a character of it. */
const marker = "PGP SIGNED MESSAGE";

/** What the intake needs. */
export interface IntakeParts {
  readonly settings: ReceiverSettings;
  readonly store: ReceiverStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A payload that is signed rightly and yet not of GitHub's shape. */
class Malformed extends Error {}

/**
 * Judges deliveries. The HMAC is checked before a byte is parsed; what cannot lead to a call goes no further. The rest goes
 * through Probot, whose handlers make the calls durable: a delivery is `taken` only after that.
 */
export async function webhookIntake(parts: IntakeParts): Promise<(delivery: Delivery) => Promise<Verdict>> {
  const { settings, store, clock, log } = parts;
  const probot = new Probot({
    // The receiver calls no API and holds no credentials: this opens nothing.
    githubToken: "none",
    secret: settings.secret,
    // Probot logs whole payloads.
    log: pino({ level: "silent" }),
  });
  await probot.ready();

  const settle = async (event: string, bodySha256: string, judged: Result<EventVerdict, string>): Promise<void> => {
    if (!judged.ok) throw new Malformed(judged.error);
    const { calls, why, dropped } = judged.value;
    if (dropped.length > 0) log.info({ event, dropped }, "what looks like a signed block and is none");
    if (calls.length === 0) return log.debug({ event, why }, "nothing to do");
    const entries = readBuildVms(settings.buildVmsList).flatMap((qube) =>
      calls.map((call, index) => outboxEntry(bodySha256, index, qube, call)),
    );
    const verdict = await store.take(Buffer.from(bodySha256, "hex"), entries, clock.now());
    for (const { service, argument, trace } of calls) log.info({ event, service, argument, trace, verdict }, "event");
  };
  // The delivery's id is the body's SHA-256, not GitHub's, which the HMAC does not cover.
  probot.on("push", ({ id, payload }) => settle("push", id, judgePush(payload, settings.filter)));
  probot.on("issue_comment.created", ({ id, payload }) =>
    settle("issue_comment", id, judgeComment(payload, settings.filter)),
  );

  return async ({ takes, untrustedEvent, untrustedSignature, body }) => {
    if (!isSignedBy(settings.secret, body, untrustedSignature)) return "forged";
    if (untrustedEvent !== takes) return "nothing";
    if (takes === "issue_comment" && !body.includes(marker)) return "nothing";
    const id = createHash("sha256").update(body).digest();
    if (store.knows(id)) return "duplicate";
    try {
      const payload = body.toString("utf8");
      await probot.webhooks.verifyAndReceive({
        id: id.toString("hex"),
        name: takes,
        payload,
        signature: untrustedSignature,
      });
      return "taken";
    } catch (error) {
      const causes: unknown[] = error instanceof AggregateError ? error.errors : [error];
      if (causes.some((cause) => cause instanceof Malformed || cause instanceof SyntaxError)) return "malformed";
      for (const cause of causes) log.error({ err: cause }, "an event could not be made durable");
      return "failed";
    }
  };
}

function outboxEntry(bodySha256: string, index: number, qube: string, call: ServiceCall): NewOutboxEntry {
  return {
    id: `${bodySha256} ${index} ${qube}`,
    channel: qrexecChannel,
    lane: qube,
    payload: JSON.stringify(call),
  };
}
