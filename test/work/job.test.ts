import { describe, expect, it } from "vitest";
import { type CommandRequest, eventId, type Job, jobWords } from "../../src/work/index.ts";

const request = { kind: "command", builder: "r4.3=/b", message: { key: "k", line: 0 }, run: "first" } as const;
const id = (job: number, change: Readonly<Record<string, unknown>>): string => {
  const words = jobWords({ id: job, request: { ...request, ...change } as unknown as CommandRequest } as Job);
  return eventId("u", "build-fedora", ...words, "upload-component", "host-fc41");
};

describe("the ids of what a job reports", () => {
  it("hang on the signed line, so that a new database that counts anew repeats none", () => {
    expect(id(7, {})).toBe(id(3, {}));
    expect(id(7, { message: { key: "other", line: 0 } })).not.toBe(id(7, {}));
    expect(id(7, { message: { key: "k", line: 1 } })).not.toBe(id(7, {}));
    expect(id(7, { builder: "r4.3=/c" })).not.toBe(id(7, {}));
    expect(id(7, { run: "again 2026-11-23T10:00:00Z" })).not.toBe(id(7, {}));
  });

  it("stay what they were for a job that an earlier version queued, and for work without a message", () => {
    const former = eventId("u", "build-fedora", 7, "upload-component", "host-fc41");
    expect(id(7, { run: undefined })).toBe(former);
    expect(id(7, { message: null })).toBe(former);
  });
});
