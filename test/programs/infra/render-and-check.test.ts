import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/programs/cli/infra.ts";
import { runCaptured } from "../../support/captured-program.ts";
import { goldenDescription } from "../../support/rendered-folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rb-rc-"));
  writeFileSync(join(root, "build-infra.yml"), goldenDescription);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const run = (...argv: string[]) => runCaptured(main, argv);
const render = (out = join(root, "out")) => run("render", join(root, "build-infra.yml"), "--out", out);
const policy = (): string => join(root, "out/dom0/etc/qubes/policy.d");

describe("release-bot infra render", () => {
  it("writes the folder, warns about secrets in the file, and says what is left to do", async () => {
    const { status, stdout, stderr } = await render();
    expect(status).toBe(0);
    expect(stdout).toContain("# What is left to do by hand");
    expect(stderr).toMatch(/warning: .*build-infra\.yml:[0-9]+: github_api_key/);
    const token = join(root, "out/build-fedora/home/user/.config/release-bot/github-token");
    expect(readFileSync(token, "utf8")).toBe("inline-token\n");
    expect(statSync(token).mode & 0o777).toBe(0o600);
  });

  it("writes anew what it wrote before, and leaves nothing of the old", async () => {
    await render();
    writeFileSync(join(root, "build-infra.yml"), goldenDescription.replace(/ {4}win:\n( {6}.*\n)+/, ""));
    expect((await render()).status).toBe(0);
    expect(existsSync(join(root, "out/build-win"))).toBe(false);
    expect(existsSync(join(root, "out/build-fedora"))).toBe(true);
  });

  it("writes nothing over somebody else's folder", async () => {
    writeFileSync(join(root, "mine"), "mine");
    const { status, stderr } = await render(root);
    expect(status).toBe(2);
    expect(stderr).toContain("was not written by 'infra render'");
    expect(readFileSync(join(root, "mine"), "utf8")).toBe("mine");
  });

  it("writes nothing from a file with mistakes, and names each", async () => {
    writeFileSync(join(root, "build-infra.yml"), `${goldenDescription}  netvm: [a]\n  logs_repo: 1\n`);
    const { status, stderr } = await render();
    expect(status).toBe(2);
    expect(stderr).toContain("nothing was written");
    expect(stderr.match(/build-infra\.yml:[0-9]+:/g)?.length).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(root, "out"))).toBe(false);
  });
});

describe("release-bot infra render, of a file with a wrong word", () => {
  it("says what was probably meant beside what is missing, in the file's order", async () => {
    const text = "build-infra:\n  netv: sys-net\n  build-envs:\n    a: {log: logs}\n  logs_repo: 1\n";
    writeFileSync(join(root, "build-infra.yml"), text);
    const { status, stderr } = await render();
    expect(status).toBe(2);
    const said = stderr.split("\n").map((line) => line.replace(/^.*build-infra\.yml:/, ""));
    expect(said).toEqual([
      "2: netv: is not known and is ignored; did you mean 'netvm'?",
      "4: build-envs.a.log: is not known and is ignored; did you mean 'logs'?",
      "release-bot infra: nothing was written:",
      "4: build-envs.a: needs 'logs:', the name of its logs qube",
      "5: logs_repo: '1' is not OWNER/NAME",
      "",
    ]);
  });
});

describe("release-bot infra check", () => {
  it("finds every promise kept in what was rendered", async () => {
    await render();
    const { status, stdout } = await run("check", join(root, "out"));
    expect(stdout).toMatch(/^Every promise holds, over [0-9]+ calls\.\n$/);
    expect(status).toBe(0);
  });

  it("names file and line of a broken promise, with a call that shows it", async () => {
    await render();
    const file = join(policy(), "20-qubesbuilder.policy");
    chmodSync(file, 0o644);
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, lines.toSpliced(3, 0, "qubes.Gpg * sys-net keys-debian allow").join("\n"));
    const { status, stdout } = await run("check", join(root, "out"));
    expect(status).toBe(1);
    expect(stdout).toContain(`${file}:4: sys-net reaches qubes.Gpg of keys-debian, which nobody needs`);
    expect(stdout).toContain("shown by: sys-net keys-debian qubes.Gpg");
  });

  it("reads a copy of dom0's live policy, for a rendered infrastructure", async () => {
    await render();
    const live = mkdtempSync(join(root, "live-"));
    for (const name of [
      "20-qubesbuilder.policy",
      "20-qubesbuilder-webhook.policy",
      "20-qubesbuilder-ssh-proxy.policy",
    ]) {
      writeFileSync(join(live, name), readFileSync(join(policy(), name)));
    }
    writeFileSync(join(live, "90-default.policy"), "qubes.Filecopy * @anyvm @anyvm ask\n");
    expect((await run("check", live, "--plan", join(root, "out"))).status).toBe(0);
    writeFileSync(join(live, "10-mine.policy"), "* * work keys-fedora allow\n");
    const broken = await run("check", live, "--plan", join(root, "out"));
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain("10-mine.policy:1:");
    expect((await run("check", live)).status).toBe(2);
  });

  it("says of a live copy what dom0 reads and the copy lacks, and reads it where the copy has dom0's layout", async () => {
    await render();
    const live = join(root, "live");
    const copied = join(live, "etc/qubes/policy.d");
    cpSync(policy(), copied, { recursive: true });
    writeFileSync(join(copied, "35-compat.policy"), "!compat-4.0\n");
    writeFileSync(join(copied, "20-qubesbuilder.policy.rpmsave"), "old\n");
    const plan = ["--plan", join(root, "out")];
    const loose = await run("check", live, ...plan);
    expect(loose.status).toBe(0);
    const notes = loose.stdout.split("\n").filter((line) => line.startsWith("note: "));
    expect(notes).toEqual([
      expect.stringContaining(`${copied}/20-qubesbuilder.policy.rpmsave:0: is not read by dom0`),
      expect.stringContaining(`${copied}/35-compat.policy:1: reads dom0's /etc/qubes-rpc/policy/`),
      expect.stringContaining(`${copied}: dom0 reads /run/qubes/policy.d with it`),
    ]);
    const qubes = ["--qubes", join(root, "out/qubes.json")];
    const asked = await run("ask", "build-fedora", "@default", "qubes.Gpg", "--policy", live, ...qubes);
    expect([asked.status, asked.stderr.match(/^note: /gm)?.length]).toEqual([0, 3]);

    for (const path of ["etc/qubes-rpc/policy", "run/qubes/policy.d"]) mkdirSync(join(live, path), { recursive: true });
    writeFileSync(join(live, "etc/qubes-rpc/policy/qubes.Gpg"), "work $default allow,target=vault\n");
    rmSync(join(copied, "20-qubesbuilder.policy.rpmsave"));
    expect((await run("check", live, ...plan)).stdout).toMatch(/^Every promise holds, over [0-9]+ calls\.\n$/);
    writeFileSync(
      join(live, "run/qubes/policy.d/10-now.policy"),
      "qubes.Gpg * work @default allow target=keys-fedora\n",
    );
    const broken = await run("check", live, ...plan);
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(/^\/run\/qubes\/policy\.d\/10-now\.policy:1: .*reaches qubes\.Gpg of keys-fedora/m);
  });

  it("exits 2 for a policy with a syntax error, naming file and line", async () => {
    await render();
    writeFileSync(join(policy(), "99-x.policy"), "nonsense\n");
    const { status, stderr } = await run("check", join(root, "out"));
    expect(status).toBe(2);
    expect(stderr).toContain("99-x.policy:1:");
  });
});

describe("release-bot infra ask, of a rendered folder", () => {
  it("knows its qubes", async () => {
    await render();
    const out = join(root, "out");
    const asked = await run("ask", "build-fedora", "@default", "qubes.Gpg", "--policy", out, "--json");
    expect(JSON.parse(asked.stdout)).toMatchObject({ result: "allow", target: "keys-fedora" });
    expect(JSON.parse(asked.stdout).rule).toMatch(/^20-qubesbuilder\.policy:[0-9]+$/);
    const other = await run("ask", "build-debian", "keys-fedora", "qubes.Gpg", "--policy", policy(), "--json");
    expect(other.status).toBe(1);
  });
});
