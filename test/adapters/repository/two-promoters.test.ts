import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CrashScene, forget } from "../../support/crash-scene.ts";
import { runKilled } from "../../support/killed-run.ts";

const kinds = ["rpm", "deb", "reprepro", "arch"] as const;
const scene = new CrashScene();

beforeAll(async () => {
  for (const kind of kinds) await scene.prepare(kind);
});

afterAll(() => scene.remove());

describe("two promoters at once", () => {
  it.each(kinds)(
    "on one repository of %s: both get through, one after the other, and nothing is lost",
    async (kind) => {
      const root = scene.copy(kind);
      await scene.publishOther(kind, root);
      const environment = { GNUPGHOME: scene.gpg.directory };
      // One is a process of its own, as a person's at the command line beside the agent.
      const outcomes = await Promise.all([
        runKilled(root, scene.words(kind, "promote", root), environment, null),
        scene.promoteOther(kind, root),
      ]);
      expect(outcomes).toEqual([false, "done"]);
      const repositories = scene.open(root);
      expect(await repositories.check()).toEqual([]);
      const standing = await repositories.standing({ release: null, component: null, distribution: null });
      const current = standing.filter((one) => one.repository === "current").map((one) => `${one.name} ${one.version}`);
      // A repository of rpms keeps the former version, the others hold one of each package.
      const former = kind === "rpm" ? ["alpha 1.0-1"] : [];
      expect(current.sort()).toEqual([...former, "alpha 2.0-1", "omega 1.0-1"]);
      forget(root);
    },
  );

  // reprepro has one database for all suites: there one waits for the other.
  it.each(["rpm", "deb", "arch"] as const)(
    "on different repositories of %s: a slow signature at one holds up nothing at the other",
    async (kind) => {
      const root = scene.copy(kind);
      const repositories = scene.open(root);
      const signed: string[] = [];
      let go = (): void => undefined;
      const slow = new Promise<void>((resolve) => {
        go = resolve;
      });
      const publishing = scene.run(kind, "publish", repositories, {
        sign: async (request) => {
          await slow;
          signed.push("testing");
          return scene.signer().sign(request);
        },
      });
      const beside = scene.open(root);
      expect(await beside.recover()).toEqual([]);
      await scene.run(kind, "withdraw", beside);
      signed.push("current");
      go();
      await publishing;
      expect(signed[0]).toBe("current");
      expect(await repositories.check()).toEqual([]);
      forget(root);
    },
  );
});
