import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseClientRequest } from "../../../src/formats/split-gpg/index.ts";

const key = "0123456789ABCDEF0123456789ABCDEF01234567";
const sign = {
  kind: "sign",
  signature: "detach",
  key,
  encoding: "binary",
  digest: null,
  input: null,
  output: null,
  statusFd: null,
};

describe("gpg's options, as tools give them to the signing client", () => {
  it.each([
    [
      "rpmsign 4.18",
      [
        "--no-verbose",
        "--no-armor",
        "--no-secmem-warning",
        "--digest-algo=sha256",
        "-u",
        key,
        "-sbo",
        "/t/sig",
        "--",
        "/t/plain",
      ],
      { digest: "sha256", output: "/t/sig", input: "/t/plain" },
    ],
    ["git", ["--status-fd=2", "-bsau", key], { encoding: "armored", statusFd: 2 }],
    [
      "reprepro's hook",
      ["-u", key, "--clearsign", "-o", "InRelease", "Release"],
      { signature: "clear", input: "Release", output: "InRelease" },
    ],
    [
      "a person",
      ["--detach-sign", "-u", `0x${key.toLowerCase()}`, "image.iso"],
      { input: "image.iso", output: "image.iso.sig" },
    ],
    [
      "a person who wants armor",
      ["-a", "-b", "-u", key, "image.iso"],
      { encoding: "armored", input: "image.iso", output: "image.iso.asc" },
    ],
    ["a pipe", ["-b", "-u", key, "-o", "-", "-"], {}],
  ])("are read for %s", (_, args, wish) => {
    expect(parseClientRequest(args)).toEqual({ ok: true, value: { ...sign, ...wish } });
  });

  it.each([["--version"], ["--list-keys"], ["--export"]])("are handed on for %s", (command) => {
    const args = [command, "--with-colons"];
    expect(parseClientRequest(args)).toEqual({ ok: true, value: { kind: "pass", args, input: "none" } });
  });

  it.each([
    [[]],
    [["-s", "-u", key]],
    [["-b"]],
    [["-b", "-u", "me@example.org"]],
    [["-b", "-u", key, "-u", key]],
    [["-b", "--clearsign", "-u", key]],
    [["-b", "-u", key, "one", "two"]],
    [["--decrypt", "x"]],
    [["-b", "-u", key, "--homedir", "/x"]],
    [["-b", "-u"]],
    [["-b", "-u", key, "--status-fd", "x"]],
    [["--batch=yes", "-b", "-u", key]],
  ])("are refused: %j", (args) => {
    expect(parseClientRequest(args).ok).toBe(false);
  });

  it("never throw, whatever they are", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom("-b", "-u", key, "--", "-", "-o", "--armor", "--clearsign"));
    fc.assert(fc.property(fc.array(word), (args) => void parseClientRequest(args)));
  });
});
