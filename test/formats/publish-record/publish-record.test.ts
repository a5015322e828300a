import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sha256 } from "../../../src/domain/index.ts";
import { namesInRecord, parsePublishRecord, renderPublishRecord } from "../../../src/formats/publish-record/index.ts";

const builder = `build-number: 3
repository-publish:
- name: current-testing
  timestamp: '202611200100'
rpms:
- alpha-1.0-1.fc41.x86_64.rpm
source-hash: 0123456789
srpm: alpha-1.0-1.fc41.src.rpm
`;

describe("a publish record", () => {
  it("of builder v2 is understood, and keeps what we do not know", () => {
    const record = parsePublishRecord(builder);
    expect(record).toMatchObject({
      commit: null,
      files: [],
      publications: [{ repository: "current-testing", timestamp: "202611200100", moment: null }],
    });
    expect(namesInRecord(record)).toEqual(["alpha-1.0-1.fc41.src.rpm", "alpha-1.0-1.fc41.x86_64.rpm"]);
    expect(parsePublishRecord(renderPublishRecord(record)).tree).toMatchObject({
      "build-number": 3,
      srpm: "alpha-1.0-1.fc41.src.rpm",
    });
  });

  it("of ours leaves builder v2's list of paths as it is, and is understood where it took that list's place once", () => {
    const paths = ["rpm/alpha-1.0-1.fc41.x86_64.rpm", "rpm/alpha-1.0-1.buildinfo"];
    const record = parsePublishRecord(`${builder}files:\n${paths.map((path) => `- ${path}\n`).join("")}`);
    expect(record.files).toEqual([]);
    const files = [{ name: "alpha-1.0-1.fc41.x86_64.rpm", sha256: "a".repeat(64) as Sha256 }];
    const written = parsePublishRecord(renderPublishRecord({ ...record, files }));
    expect(written).toMatchObject({ files, tree: { files: paths } });
    const former = parsePublishRecord(`files:\n- name: x.rpm\n  sha256: ${"b".repeat(64)}\n`);
    expect(former.files).toEqual([{ name: "x.rpm", sha256: "b".repeat(64) }]);
    const renewed = parsePublishRecord(renderPublishRecord(former));
    expect(renewed.files).toEqual(former.files);
    expect(renewed.tree).not.toHaveProperty("files");
  });

  it("of ours is what builder v2's YAML reader takes for strings", () => {
    const record = parsePublishRecord(builder);
    const moment = "2026-11-23T20:57:28.795Z";
    const text = renderPublishRecord({
      ...record,
      publications: record.publications.map((one) => ({ ...one, moment })),
    });
    // YAML 1.1, as PyYAML has it, would make a number of one and a date of the other.
    expect(text).toContain('timestamp: "202611200100"');
    expect(text).toContain(`moment: "${moment}"`);
  });

  it.each([
    ["a list", "- a\n"],
    ["a text", "hello\n"],
    ["nothing", ""],
    ["publications that are no list", "repository-publish: x\n"],
    ["a publication without a time", "repository-publish:\n- name: current\n"],
    ["a time that is none", "repository-publish:\n- name: current\n  timestamp: '209913310000'\n"],
    ["a file that leads elsewhere", `files:\n- name: ../x\n  sha256: ${"a".repeat(64)}\n`],
    ["one of our own files that leads elsewhere", `published-files:\n- name: a/x\n  sha256: ${"a".repeat(64)}\n`],
    ["one of our own files that is a path only", "published-files:\n- x.rpm\n"],
    ["a file without a hash", "files:\n- name: x.rpm\n  sha256: abc\n"],
  ])("is refused where it is or holds %s", (_, text) => {
    expect(() => parsePublishRecord(text)).toThrow();
  });

  it("never does anything but answer or throw on hostile text", () => {
    fc.assert(
      fc.property(fc.string(), (untrusted) => {
        try {
          parsePublishRecord(untrusted);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
