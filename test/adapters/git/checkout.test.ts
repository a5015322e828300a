import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { remoteVersionTags, updateCheckout } from "../../../src/adapters/git/index.ts";
import type { Fingerprint } from "../../../src/domain/index.ts";
import { configurationOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { runTool } from "../../support/tool.ts";

let gpg: GpgHome;
let alice = "";
let mallory = "";
let remote: ComponentRepository;
let directory = "";
let keys = "";

const environment = { PATH: process.env["PATH"] ?? "" };

beforeAll(() => {
  gpg = new GpgHome();
  alice = gpg.makeKey();
  mallory = gpg.makeKey();
});
afterAll(() => gpg.remove());
beforeEach(() => {
  remote = new ComponentRepository(gpg);
  remote.commit("first", { conf: "1" }, alice);
  directory = join(temporaryDirectory(), "checkout");
  runTool("git", ["clone", "--quiet", remote.directory, directory]);
  keys = temporaryDirectory();
  writeFileSync(join(keys, `${alice}.asc`), gpg.exportKey(alice));
});
afterEach(() => remote.remove());

const update = () =>
  updateCheckout({
    directory,
    branch: "main",
    maintainers: [alice as Fingerprint],
    keyDirs: [keys],
    environment,
    limitMs: 240_000,
    signal: new AbortController().signal,
  });
const content = (): string => readFileSync(join(directory, "conf"), "utf8");

describe("a builder's checkout", () => {
  it("goes forward to a signed commit", async () => {
    const from = remote.head();
    const to = remote.commit("second", { conf: "2" }, alice);
    expect([await update(), content()]).toEqual([{ kind: "updated", from, to }, "2"]);
    expect(await update()).toEqual({ kind: "current", commit: to });
  });

  it("goes forward to a commit that a signed tag names", async () => {
    remote.commit("second", { conf: "2" });
    remote.tag({ name: "mm_1", key: alice });
    expect([(await update()).kind, content()]).toEqual(["updated", "2"]);
  });

  it.each([
    ["unsigned", () => remote.commit("second", { conf: "2" }), "signed by no builder maintainer: it is not signed"],
    [
      "signed by a stranger",
      () => remote.commit("second", { conf: "2" }, mallory),
      "signed by no builder maintainer: signed by key",
    ],
    ["no fast-forward", () => void remote.git("commit", "--quiet", "--amend", "-m", "rewritten"), "is no fast-forward"],
  ])("keeps its old state where the new one is %s, and says so", async (_name, change, reason) => {
    change();
    const result = await update();
    expect(result.kind === "kept" && result.reason).toContain(reason);
    expect(content()).toBe("1");
  });

  it("keeps what was changed by hand, and says so", async () => {
    remote.commit("second", { conf: "2" }, alice);
    writeFileSync(join(directory, "conf"), "by hand");
    expect(await update()).toMatchObject({ kind: "kept", reason: expect.stringContaining("by hand") });
    expect(content()).toBe("by hand");
  });

  it("keeps its old state where the remote cannot be reached", async () => {
    remote.remove();
    expect((await update()).kind).toBe("kept");
    expect(content()).toBe("1");
  });

  it("runs no hook that lies in it", async () => {
    mkdirSync(join(directory, ".git/hooks"), { recursive: true });
    writeFileSync(join(directory, ".git/hooks/post-merge"), `#!/bin/sh\ntouch ${directory}/ran\n`, { mode: 0o755 });
    remote.commit("second", { conf: "2" }, alice);
    expect((await update()).kind).toBe("updated");
    expect(existsSync(join(directory, "ran"))).toBe(false);
  });
});

describe("a remote's version tags", () => {
  it("are listed without fetching", async () => {
    remote.tag({ name: "v1.0", key: alice });
    remote.tag({ name: "other", key: alice });
    const text = `qubes-release: r4.3\ncomponents: [ x: { url: '${remote.directory}', verification-mode: insecure-skip-checking } ]\n`;
    const [component] = configurationOf(text).components;
    if (component === undefined) throw new Error("no component");
    const signal = new AbortController().signal;
    expect(await remoteVersionTags(component, { environment, limitMs: 240_000, signal })).toEqual(["v1.0"]);
  });
});
