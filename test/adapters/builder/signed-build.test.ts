import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBackend } from "../../../src/adapters/builder/index.ts";
import { createSources } from "../../../src/adapters/git/index.ts";
import { runProgram } from "../../../src/adapters/processes/index.ts";
import { runBuild } from "../../../src/build/index.ts";
import { ok, type QubeName } from "../../../src/domain/index.ts";
import { FakeWorld } from "../../fakes/build-ports.ts";
import { builderPlace, componentOf } from "../../support/builder-place.ts";
import { ComponentRepository } from "../../support/component-repository.ts";
import { GpgHome } from "../../support/gpg-home.ts";
import { smallComponent } from "../../support/small-component.ts";
import { runTool } from "../../support/tool.ts";

let gpg: GpgHome;
let maintainer = "";
let repositoryKey = "";
const work = mkdtempSync(join(tmpdir(), "rb-sb-"));

beforeAll(() => {
  gpg = new GpgHome();
  maintainer = gpg.makeKey();
  repositoryKey = gpg.makeKey({ algorithm: "rsa3072" });
  writeFileSync(join(work, `${maintainer}.asc`), gpg.exportKey(maintainer));
});
afterAll(() => {
  gpg.remove();
  rmSync(work, { recursive: true, force: true });
});

describe("a push of a component with a signed tag", () => {
  it("becomes signed packages of each type, by real git, gpg, rpmbuild, rpmsign and dpkg-buildpackage", async () => {
    const source = new ComponentRepository(gpg);
    source.commit("first", smallComponent());
    source.tag({ name: "v1.0", key: maintainer });
    const text = `
qubes-release: r4.3
git: { maintainers: ['${maintainer}'] }
distributions: [host-fc41, vm-bookworm]
sign-key: { rpm: '${repositoryKey}', deb: '${repositoryKey}' }
release-bot: { backend: native }
components: [ hello: { url: '${source.directory}' } ]
`;
    const builder = builderPlace(work, text, { keyDirs: [work] });
    const environment = { PATH: process.env["PATH"] ?? "" };
    const shelf = join(work, "published");
    mkdirSync(shelf);
    const world = new FakeWorld();
    const backend = createBackend(builder.configuration.backend, {
      work: join(work, "builds"),
      walls: "required",
      run: runProgram,
      environment,
      gpg: { path: "/usr/bin/gpg", environment: { ...environment, GNUPGHOME: gpg.directory } },
      signer: () => ({ sign: async () => new Uint8Array() }),
      repositories: () => ({
        publish: async ({ files, distribution, repository }) => {
          for (const file of files) writeFileSync(join(shelf, basename(file)), readFileSync(file));
          return ok({ dist: distribution?.name ?? "", repository, moves: [] });
        },
      }),
      upload: async () => undefined,
    });
    const outcome = await runBuild(
      {
        job: "1",
        trace: null,
        askedBy: { kind: "push" },
        environment: "build-x" as QubeName,
        builder,
        component: componentOf(builder, "hello"),
        commit: null,
        distributions: null,
        signal: new AbortController().signal,
      },
      { ...world.ports(), backend, sources: createSources({ root: join(work, "git"), environment, limitMs: 240_000 }) },
    );
    source.remove();
    const log = world.logs.logs.map(({ text: lines }) => lines).join("\n");
    expect(outcome.kind, log).toBe("done");
    expect(outcome.record.signed).toEqual({ tag: "v1.0", signers: [maintainer] });
    const packages = outcome.record.distributions.flatMap((record) => record.packages);
    expect(packages.map(({ file }) => file)).toEqual(
      expect.arrayContaining(["hello-1.0-1.fc41.noarch.rpm", "hello_1.0+deb12u1_all.deb"]),
    );
    for (const { file, sha256 } of packages) {
      expect(
        runTool("sha256sum", [join(shelf, file)])
          .toString()
          .slice(0, 64),
      ).toBe(sha256);
      expect(log).toContain(`> package ${file} sha256:${sha256}`);
    }
    const database = join(work, "rpmdb");
    writeFileSync(join(work, "key.asc"), gpg.exportKey(repositoryKey));
    runTool("rpmkeys", ["--dbpath", database, "--import", join(work, "key.asc")]);
    const checked = runTool("rpmkeys", [
      "--dbpath",
      database,
      "-Kv",
      join(shelf, "hello-1.0-1.fc41.noarch.rpm"),
    ]).toString();
    expect(checked).toMatch(/Header V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
  });
});
