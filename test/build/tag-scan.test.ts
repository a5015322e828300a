import { describe, expect, it } from "vitest";
import { scanTags, type TagScanPorts } from "../../src/build/index.ts";
import { AdapterError, type ComponentName } from "../../src/domain/index.ts";
import { configurationOf } from "../support/builder-place.ts";

const configuration = configurationOf(`
qubes-release: r4.3
insecure-skip-checking: [one, two, plugin]
components: [one, two, plugin: { packages: false }]
`);

function world(remotes: Record<string, readonly string[] | AdapterError>) {
  const known = new Map<string, readonly string[]>();
  const queued: string[] = [];
  const ports: TagScanPorts = {
    remoteTags: async ({ name }) => {
      const tags = remotes[name] ?? [];
      if (tags instanceof AdapterError) throw tags;
      return tags;
    },
    known: async (_release, component) => known.get(component) ?? null,
    remember: async (_release, component, tags) => void known.set(component, tags),
    enqueue: async (_release, component) => void queued.push(component),
  };
  return { ports, queued, known, remotes };
}

describe("the daily look for version tags", () => {
  it("takes what is there the first time as the base line", async () => {
    const { ports, queued } = world({ one: ["v1"], two: [] });
    expect(await scanTags(configuration, ports)).toEqual({ queued: [], unreachable: [] });
    expect(queued).toEqual([]);
  });

  it("queues a component with a tag that no push announced, once", async () => {
    const { ports, queued, remotes } = world({ one: ["v1"], two: [] });
    await scanTags(configuration, ports);
    remotes["one"] = ["v1", "v2"];
    remotes["two"] = ["v1"];
    expect((await scanTags(configuration, ports)).queued).toEqual(["one", "two"]);
    expect((await scanTags(configuration, ports)).queued).toEqual([]);
    expect(queued).toEqual(["one", "two"]);
  });

  it("asks again for a remote that did not answer, and goes on with the others", async () => {
    const { ports, remotes } = world({ one: ["v1"], two: ["v1"] });
    await scanTags(configuration, ports);
    remotes["one"] = new AdapterError("UNREACHABLE", "no route");
    remotes["two"] = ["v2"];
    expect(await scanTags(configuration, ports)).toEqual({
      queued: ["two"],
      unreachable: [{ component: "one", reason: "no route" }],
    });
    remotes["one"] = ["v1", "v2"];
    expect((await scanTags(configuration, ports)).queued).toEqual(["one"]);
  });

  it("loses no build when the program dies between queueing and remembering", async () => {
    const { ports, queued, remotes } = world({ one: ["v1"], two: [] });
    await scanTags(configuration, ports);
    remotes["one"] = ["v1", "v2"];
    const dying = { ...ports, remember: () => Promise.reject(new Error("dead")) };
    await expect(scanTags(configuration, dying)).rejects.toThrow("dead");
    expect(queued).toEqual(["one"] as ComponentName[]);
    await scanTags(configuration, ports);
    expect(queued).toEqual(["one", "one"]);
  });

  it("does not look at components that are only fetched for others", async () => {
    const { ports, known } = world({ plugin: ["v1"] });
    await scanTags(configuration, ports);
    expect([...known.keys()]).toEqual(["one", "two"]);
  });
});
