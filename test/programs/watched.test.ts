import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { NodeDisk } from "../../src/adapters/files/index.ts";
import { Watch } from "../../src/programs/cli/progress.ts";
import { openWatched } from "../../src/programs/cli/repo/watched.ts";
import { GpgHome } from "../support/gpg-home.ts";
import { PackageMaker } from "../support/package-maker.ts";
import { ReleaseTree } from "../support/release-tree.ts";
import { WrittenStream } from "../support/written-stream.ts";

const gpg = new GpgHome();
let maker: PackageMaker;
let tree: ReleaseTree;

beforeAll(() => {
  const key = gpg.makeKey({ algorithm: "rsa2048" });
  maker = new PackageMaker(gpg);
  tree = new ReleaseTree(gpg, key);
});

afterEach(() => vi.restoreAllMocks());

afterAll(() => {
  tree.remove();
  maker.remove();
  gpg.remove();
});

/** All that a change of two distributions shows, on a machine where each look at the clock finds a second gone. */
async function shown(kind: "terminal" | "file", component: string): Promise<string> {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1000;
    return now;
  });
  const stream = new WrittenStream(kind);
  const { root } = tree;
  const options = { root, artifacts: null, disk: new NodeDisk(), clock: () => tree.now, keys: tree.signer } as const;
  const watched = openWatched({ ...options, debEngine: "auto" }, new Watch(stream));
  const commit = component.charAt(0);
  for (const dist of ["host-fc41", "vm-fc41"]) {
    const files = [maker.rpm({ name: component, version: "1.0-1" }, tree.key)];
    expect(await tree.publish({ dist, component, commit, files }, watched)).toBeNull();
  }
  tree.pass(6);
  const dists = ["host-fc41", "vm-fc41"];
  expect(await tree.promote({ dists, component, commit }, watched)).toEqual(["done", "done"]);
  return stream.said;
}

describe("watched repositories", () => {
  it("show a fraction for each step of a publication, and of all distributions for a promotion", async () => {
    const said = await shown("terminal", "alpha");
    for (const part of [
      /\[#*-+\] 0\/4 hashes the packages, [0-9.]+ of [0-9.]+ kB/,
      "1/4 reads the packages",
      "3/4 signs and commits",
      "0/6 plans for host-fc41: reads what stands",
      /5\/6 plans for vm-fc41: hashes packages, [0-9.]+ of/,
      "0/2 makes the metadata",
      "1/2 makes the metadata",
    ]) {
      expect(said).toMatch(part);
    }
    expect(said.endsWith("\r\u001b[2K")).toBe(true);
  });

  it("say nothing where nobody looks", async () => {
    expect(await shown("file", "beta")).toBe("");
  });
});
