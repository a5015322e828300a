import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startReleaseBot } from "../../support/agent-program.ts";
import { commentPayload } from "../../support/running-receiver.ts";
import { isFullSoak } from "../../support/soak.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const events = isFullSoak ? 100_000 : 4000;
const secret = "0123456789abcdef";
const block =
  "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----";

function megabytes(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

describe("the receiver's memory", () => {
  it(`is flat over ${events} events, with every build qube off`, async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "secret"), secret);
    writeFileSync(join(directory, "vms"), "build-a\nbuild-b\n");
    const receiver = {
      listen: { host: "127.0.0.1", port: 0 },
      monitor: { host: "127.0.0.1", port: 0 },
      "webhook-secret-file": "secret",
      "build-vms-list": "vms",
      "state-dir": "state",
      owners: ["QubesOS"],
    };
    const qrexec = { transport: "local", socket: join(directory, "none.sock") };
    writeFileSync(join(directory, "config.yml"), JSON.stringify({ qrexec, receiver }));
    const program = await startReleaseBot(["receiver", "--config", join(directory, "config.yml")]);
    onTestFinished(() => program.end("SIGTERM"));
    const port = Number(/"listen":\{"host":"127.0.0.1","port":(\d+)\}/.exec(program.said())?.[1]);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    onTestFinished(() => agent.destroy());

    const post = (number: number): Promise<number> => {
      // One in a hundred carries a block, and so a call that waits for each build qube.
      const text = `${"x".repeat(8000)} ${number}\n${number % 100 === 0 ? block : ""}`;
      const body = commentPayload(text);
      const headers = {
        "content-type": "application/json",
        "x-github-event": "issue_comment",
        "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      };
      return new Promise((resolve, reject) => {
        const path = "/github-hooks/process-comment";
        const sent = request({ port, agent, method: "POST", path, headers }, (answer) => {
          answer.resume();
          answer.on("end", () => resolve(answer.statusCode ?? 0));
        });
        // The receiver closes what has been idle for some seconds: a machine that stood still for so long asks anew.
        sent.on("error", (error: NodeJS.ErrnoException) => {
          if (sent.reusedSocket && error.code === "ECONNRESET") post(number).then(resolve, reject);
          else reject(error);
        });
        sent.end(body);
      });
    };
    let after: number | null = null;
    for (let sent = 0; sent < events; sent += 200) {
      const statuses = await Promise.all(Array.from({ length: 200 }, (_none, index) => post(sent + index)));
      expect(new Set(statuses)).toEqual(new Set([202]));
      if (sent >= events / 4) after ??= megabytes(program.child.pid);
    }
    expect(megabytes(program.child.pid) - (after ?? 0)).toBeLessThan(40);
  });
});
