import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callSocket, type RunningProgram, runReleaseBot, startReleaseBot } from "../../support/agent-program.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { PackageMaker } from "../../support/package-maker.ts";
import { ShadowScene } from "../../support/shadow-scene.ts";
import { smallComponent } from "../../support/small-component.ts";
import { until } from "../../support/until.ts";

/** One story, told once: an agent in shadow mode looks on while a predecessor works, is killed, looks on again. */
const gpg = new GpgHome();
let key = "";
let maker: PackageMaker;
let scene: ShadowScene;
let agent: RunningProgram;
let stable = 0;
let [before, after] = ["", ""];
let [githubBefore, githubAfter] = ["", ""];
let [laterBefore, laterGithub] = ["", ""];
let first = "";
let second = "";
let young = "";
let late = "";

const soon = (isSo: () => boolean) => until(() => (isSo() ? true : null));
const signed = (line: string): string => gpg.clearSign(line, { key });
const report = async (...words: string[]) => {
  const { status, stdout, stderr } = await runReleaseBot(["shadow", "report", ...words, "--config", scene.config]);
  return { status, stdout, stderr };
};
const jsonReport = async () => JSON.parse((await report("--json")).stdout);

beforeAll(async () => {
  key = gpg.makeKey({ algorithm: "rsa2048" });
  maker = new PackageMaker(gpg);
  scene = await ShadowScene.make(gpg, key, maker);
  late = scene.source.commit("late");
  scene.source.tag({ name: "v3.0", key });
  young = scene.source.commit("young");
  scene.source.tag({ name: "v2.0", key });
  first = scene.source.commit("first", smallComponent());
  scene.source.tag({ name: "v1.0", key });
  stable = await scene.built({ component: "hello", version: "1.0", commit: first, days: 6 });
  const lateIssue = await scene.built({ component: "late", version: "3.0", commit: late, days: 7 });
  const tooYoung = await scene.built({ component: "young", version: "2.0", commit: young, days: 1 });
  second = scene.source.commit("second", { "more.txt": "more\n" });
  scene.source.tag({ name: "v1.1", key });
  [before, githubBefore] = [scene.snapshot(), await scene.seenOnGithub()];
  const asked = scene.github.requests.length;
  agent = await startReleaseBot(["agent", "--config", scene.config]);
  await soon(() => scene.github.requests.length > asked);
  await soon(() => agent.said().includes("comments up to now are the base line"));
  const promote = (component: string, commit: string): string =>
    signed(`Upload-component r4.3 ${component} ${commit} current all`);
  const hold = signed(`Hold r4.3 hello ${"c".repeat(40)} all`);
  await scene.comment(stable, promote("hello", first));
  await scene.comment(tooYoung, promote("young", young));
  await scene.comment(stable, `${hold}\n\n${gpg.clearSign("Upload-component r4.3 x", { key }).replace("x\n", "y\n")}`);
  const now = new Date().toISOString().replace(/[-:T]/g, "").slice(0, 12);
  await scene.comment(stable, signed(`Build-template r4.3 debian-13 ${now}\nBuild-iso r4.3 4.3.0-rc1 ${now}`));
  githubBefore = await scene.seenOnGithub();
  const place = { directory: scene.home, services: `${scene.home}/state/shadow/calls`, database: "", commits: [] };
  const called = await callSocket(place, "qubesbuilder.TriggerBuild", "hello", "");
  expect(called).toBe("taken\n");
  await soon(() => scene.rehearsals().length === 5);
  await soon(() => scene.rows("SELECT * FROM refused_messages").length === 1);
  await agent.end("SIGKILL");
  [after, githubAfter] = [scene.snapshot(), await scene.seenOnGithub()];

  // While nobody looks on, a command comes and the predecessor carries it out.
  await scene.comment(lateIssue, promote("late", late));
  await scene.promoted("late", late);
  await scene.relabel(lateIssue, ["r4.3-host-stable", "r4.3-stable"]);
  [laterBefore, laterGithub] = [scene.snapshot(), await scene.seenOnGithub()];
  agent = await startReleaseBot(["agent", "--config", scene.config]);
  await callSocket(place, "qubesbuilder.TriggerBuild", "hello", "");
  await soon(() => scene.rehearsals().length === 6);
  await soon(() => scene.rows("SELECT state FROM jobs WHERE state IN ('queued', 'running')").length === 0);
});

afterAll(async () => {
  await agent.end("SIGTERM");
  await scene.remove();
  maker.remove();
  gpg.remove();
});

describe("an agent in shadow mode", () => {
  it("changes no file outside of its own state, not by a byte nor by a time", () => {
    expect(after).toBe(before);
    expect(scene.snapshot()).toBe(laterBefore);
    expect(scene.calls()).toEqual([]);
  });

  it("writes nothing to GitHub, and asks only what changes nothing", async () => {
    expect(githubAfter).toBe(githubBefore);
    expect(await scene.seenOnGithub()).toBe(laterGithub);
    const asked = scene.github.requests.filter(({ token }) => token === "token-agent");
    expect(asked.length).toBeGreaterThan(3);
    const reads = asked.filter(
      ({ method, path, body }) =>
        method === "GET" || (path === "/graphql" && JSON.stringify(body).startsWith('{"query":"query ')),
    );
    expect(reads).toEqual(asked);
  });

  it("decides and plans all the same, once for each command and push, over a kill", () => {
    const [promotion, refused, build, ...others] = ["hello", "young", "hello"].map((name, index) =>
      scene.rehearsals().find((one) => one.name === name && one.action === (index === 2 ? "build" : "promote")),
    );
    expect(others).toEqual([]);
    expect(scene.rehearsals()).toHaveLength(6);
    expect(promotion).toMatchObject({
      mode: "look",
      version: first,
      title: "hello v1.0 (r4.3)",
      repository: "current",
      places: [{ dist: "host-fc41", verdict: "would", files: [{ file: "hello-1.0-1.fc41.noarch.rpm" }] }],
    });
    expect(promotion?.places[0]?.plan).toMatch(/^[0-9a-f]{64}$/);
    expect(refused).toMatchObject({ refusal: { code: "TOO_YOUNG" }, places: [{ verdict: "refused" }] });
    expect(build).toMatchObject({ version: second, places: [{ dist: "host-fc41", verdict: "would" }] });
  });

  it("judges what was carried out before it looked as it stood before", () => {
    const found = scene.rehearsals().find(({ name }) => name === "late");
    expect(found).toMatchObject({
      refusal: null,
      places: [{ verdict: "would", files: [{ file: "late-3.0-1.fc41.noarch.rpm" }] }],
    });
    expect(Date.parse(found?.asOf ?? "")).toBeLessThan(Date.parse(found?.decidedAt ?? ""));
  });

  it("plans templates and ISOs", () => {
    const images = scene.rehearsals().filter(({ kind }) => kind !== "component");
    expect(images).toMatchObject([
      { kind: "template", name: "debian-13", repository: "templates-itl-testing", places: [{ verdict: "would" }] },
      { kind: "iso", version: "4.3.0-rc1", repository: "iso-testing", places: [{ dist: "all", verdict: "would" }] },
    ]);
  });

  it("keeps what it would have told, in order, where nobody delivers it", () => {
    const channels = scene.rows("SELECT DISTINCT channel FROM outbox").map((row) => row["channel"]);
    // A hold's statement is of the agent's own state, too, and there is nobody who would sign it.
    expect(channels.sort()).toEqual(["shadow", "statements"]);
    const told = scene
      .rows("SELECT payload FROM outbox WHERE channel = 'shadow' ORDER BY sequence")
      .map((row) => JSON.parse(String(row["payload"])));
    const events = told.flatMap(({ event }) =>
      event === undefined ? [] : [`${event.type} ${event.repository ?? ""}`.trim()],
    );
    expect(events).toContain("uploaded current");
    expect(events).toContain("uploaded current-testing");
    const reactions = told.flatMap(({ reaction }) => (reaction === undefined ? [] : [reaction.content]));
    expect(reactions.filter((content) => content === "eyes")).toHaveLength(5);
    expect(reactions).toContain("rocket");
    expect(reactions).toContain("-1");
    expect(reactions).toContain("confused");
  });

  it("says everywhere that it only looks on", async () => {
    expect(agent.said()).toContain("shadow mode: everything is taken in and planned, and nothing is done");
    expect(agent.said()).toContain('"mode":"shadow"');
    const queue = await runReleaseBot(["queue", "--config", scene.config]);
    expect(queue.stdout).toContain("shadow mode: nothing of this was or will be done");
    expect(queue.stdout).toContain("in shadow, not done: uploaded to current: host-fc41");
    const doctor = await runReleaseBot(["doctor", "--config", scene.config]);
    expect(doctor.stdout).toContain("shadow mode");
  });
});

describe("release-bot shadow report", () => {
  it("tells what is still open from what agrees", async () => {
    const { counts, agreements } = await jsonReport();
    expect(counts).toMatchObject({ "too early": 4, same: 2 });
    expect(agreements.find(({ name }: { name: string }) => name === "young")).toMatchObject({
      ours: "would have refused it: TOO_YOUNG",
    });
    expect((await report()).status).toBe(0);
  });

  it("agrees with a predecessor that does the same, and shows a promotion of what we refuse, with the reason", async () => {
    await scene.promoted("hello", first);
    await scene.relabel(stable, ["r4.3-host-stable", "r4.3-stable"]);
    await scene.promoted("young", young);
    const { counts, differences } = await jsonReport();
    expect(counts).toMatchObject({ "would have refused": 1, same: 2, "too early": 3 });
    expect(differences).toMatchObject([
      {
        outcome: "would have refused",
        name: "young",
        dist: "host-fc41",
        why: [expect.stringMatching(/^TOO_YOUNG: in current-testing since .* may go to current from /)],
        where: [
          expect.stringMatching(/^command [0-9a-f]{12}: Upload-component r4\.3 young/),
          expect.any(String),
          expect.stringContaining("young.publish.yml"),
        ],
      },
    ]);
    const { status, stdout } = await report();
    expect(status).toBe(1);
    expect(stdout).toContain("done, and we would have refused it (1): 1 TOO_YOUNG");
  });

  it("shows labels that are not as we would have left them", async () => {
    await scene.relabel(stable, ["r4.3-host-cur-test"]);
    const { differences } = await jsonReport();
    expect(differences.find(({ outcome }: { outcome: string }) => outcome === "done differently")).toMatchObject({
      name: "hello",
      why: [
        `#${stable} has not the label r4.3-host-stable`,
        `#${stable} has not the label r4.3-stable`,
        `#${stable} still has the label r4.3-host-cur-test`,
      ],
    });
  });

  it("shows one decision in full: the plan, its files, and what would have been told", async () => {
    const show = (word: string) => runReleaseBot(["shadow", "show", word, "--config", scene.config]);
    const { stdout } = await show(first.slice(0, 10));
    expect(stdout).toContain(`promote r4.3 hello ${first}, current\n  asked     command `);
    expect(stdout).toMatch(/ {6}plan [0-9a-f]{64}\n {6}[0-9a-f]{64} hello-1\.0-1\.fc41\.noarch\.rpm\n/);
    expect(stdout).toContain(
      "would tell  'hello v1.0 (r4.3)': uploaded for host-fc41; labels +r4.3-host-stable +r4.3-stable -r4.3-host-failed",
    );
    expect((await show("young")).stdout).toContain("would tell  answer: ");
    expect((await show("nothing-of-that-name")).status).toBe(1);
  });

  it("is asked rightly or not at all", async () => {
    expect((await report("--since", "yesterday")).status).toBe(2);
    expect((await runReleaseBot(["shadow"])).status).toBe(2);
    expect((await report("--since", "30d", "--json")).status).toBe(1);
  });
});
