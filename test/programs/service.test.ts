import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openAgentStore } from "../../src/adapters/store/index.ts";
import {
  type AgentPlace,
  callSocket,
  makeAgentPlace,
  runReleaseBot,
  startReleaseBot,
} from "../support/agent-program.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let home: GpgHome;
let signer: string;
beforeAll(() => {
  home = new GpgHome();
  signer = home.makeKey({ created: new Date(Date.now() - 86_400_000) });
});
afterAll(() => home.remove());

const caller = { QREXEC_REMOTE_DOMAIN: "sys-net" };
const service = "qubesbuilder.ProcessGithubCommand";

function place(): AgentPlace {
  return makeAgentPlace(temporaryDirectory(), home, signer, 2);
}

function run(at: AgentPlace, words: readonly string[], input = "", environment: NodeJS.ProcessEnv = caller) {
  return runReleaseBot(["service", ...words, "--config", join(at.directory, "config.yml")], environment, input);
}

describe("a qrexec service as an executable", () => {
  it("is unknown with 127 under another name", async () => {
    const { status, stderr } = await run(place(), ["qubesbuilder.Nothing"]);
    expect(status).toBe(127);
    expect(stderr).toContain("qubesbuilder.Nothing");
  });

  it("wants to know who calls, and takes no argument that is none", async () => {
    const at = place();
    expect((await run(at, [service], "", {})).status).toBe(2);
    expect((await run(at, [service, "7.1 dom0"])).status).toBe(2);
  });

  it("hands the call to the daemon in the protocol of qrexec's sockets, and back what it says", async () => {
    const at = place();
    let heard = "";
    const daemon = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("data", (chunk) => {
        heard += chunk.toString("latin1");
      });
      socket.on("end", () => socket.end("taken\n"));
    });
    await new Promise<void>((resolve) => daemon.listen(join(at.directory, "rpc", service), resolve));
    onTestFinished(() => void daemon.close());
    const { status, stdout } = await run(at, [service, "7.1001"], "a block\n");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "taken\n" });
    expect(heard).toBe(`${service}+7.1001 sys-net\0a block\n`);
  });

  it("fails where the daemon does not say taken", async () => {
    const at = place();
    const daemon = createServer({ allowHalfOpen: true }, (socket) => socket.resume().end());
    await new Promise<void>((resolve) => daemon.listen(join(at.directory, "rpc", service), resolve));
    onTestFinished(() => void daemon.close());
    expect((await run(at, [service], "a block\n")).status).toBe(1);
  });

  it("cannot record a call that wants an answer", async () => {
    expect((await run(place(), ["qubesbuilder.BuildLog", "label"], "a log\n")).status).toBe(1);
  });

  it("records the call for the agent's next start where none runs", async () => {
    const at = place();
    // A signature from before the ledger was born would not count.
    await (await startReleaseBot(["agent", "--config", join(at.directory, "config.yml")])).end("SIGTERM");
    const line = `Hold r4.3 core-admin ${at.commits[0]} host-fc41`;
    const block = home.clearSign(line, { key: signer });
    expect(await run(at, [service], block)).toMatchObject({ status: 0, stdout: "taken\n" });
    expect(await run(at, ["qubesbuilder.TriggerBuild", "nothing-here"])).toMatchObject({
      status: 0,
      stdout: "taken\n",
    });
    const agent = await startReleaseBot(["agent", "--config", join(at.directory, "config.yml")]);
    const store = openAgentStore(at.database, () => []);
    onTestFinished(async () => {
      await store.database.close();
      await agent.end("SIGTERM");
    });
    await expect.poll(() => store.database.one("SELECT text FROM lines")?.["text"]).toBe(line);
    await expect.poll(async () => (await store.calls.list(10)).length).toBe(0);
    expect(await callSocket(at, service, "", block)).toBe("taken\n");
  });
});

describe("the agent's start and stop", () => {
  it("listens, says ready, takes a call in, and ends cleanly on SIGTERM", async () => {
    const at = place();
    const agent = await startReleaseBot(["agent", "--config", join(at.directory, "config.yml")]);
    expect(await callSocket(at, "qubesbuilder.TriggerBuild", "--help", "")).toBe("taken\n");
    expect(await callSocket(at, service, "", "garbage")).toBe("taken\n");
    await agent.end("SIGTERM");
    expect(agent.child.exitCode).toBe(0);
    expect(agent.said()).toContain('"msg":"ended"');
  });

  it("does not happen without the second verifier", async () => {
    const at = place();
    const words = ["agent", "--config", join(at.directory, "config.yml")];
    const { status, stderr } = await runReleaseBot(words, { PATH: "/nonexistent" });
    expect(status).toBe(1);
    expect(stderr).toContain("sqv cannot be run");
  });
});
