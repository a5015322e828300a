import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentSettings } from "../../src/programs/agent/settings.ts";
import {
  parseConfiguration,
  qrexecSettings,
  readConfiguration,
  resolvePath,
} from "../../src/programs/configuration.ts";
import { receiverSettings } from "../../src/programs/receiver/settings.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const parse = (text: string) => parseConfiguration("/etc/rb/config.yml", text);

describe("the programs' configuration file", () => {
  it("is named by --config, else RELEASE_BOT_CONFIG, else lies in the home directory", () => {
    const directory = temporaryDirectory();
    for (const name of ["a.yml", "b.yml"]) writeFileSync(join(directory, name), "receiver: {}\n");
    const environment = { HOME: directory, RELEASE_BOT_CONFIG: join(directory, "b.yml") };
    expect(readConfiguration(join(directory, "a.yml"), environment).file).toBe(join(directory, "a.yml"));
    expect(readConfiguration(undefined, environment).file).toBe(join(directory, "b.yml"));
    expect(() => readConfiguration(undefined, { HOME: directory })).toThrow(
      `${directory}/.config/release-bot/config.yml: cannot be read`,
    );
  });

  it("starts relative paths from its own directory, and ~ from the home directory", () => {
    const file = parse("qrexec: {transport: qubes}");
    expect(resolvePath(file, { HOME: "/home/user" }, "keys")).toBe("/etc/rb/keys");
    expect(resolvePath(file, { HOME: "/home/user" }, "~/keys")).toBe("/home/user/keys");
    expect(resolvePath(file, { HOME: "/home/user" }, "/keys")).toBe("/keys");
  });

  it.each([
    ["a mistake of YAML", "receiver:\n  listen: {host: [}\n", ":2: "],
    ["a key twice", "receiver: {}\nreceiver: {}\n", ":2: "],
    ["no map", "- receiver\n", "a map with a section a program"],
  ])("is refused with the line for %s", (_what, text, said) => {
    expect(() => parse(text)).toThrow(said);
  });

  it("names file, line and key of what is wrong in a section, and misses no section in silence", () => {
    const text = "qrexec:\n  transport: carrier-pigeon\n";
    expect(() => qrexecSettings(parse(text), {})).toThrow("/etc/rb/config.yml:2: qrexec.transport:");
    expect(() => qrexecSettings(parse("qrexec:\n  transport: local\n"), {})).toThrow("qrexec.socket");
    expect(() => qrexecSettings(parse("qrexec:\n  transport: qubes\n  sokcet: x\n"), {})).toThrow("sokcet");
    expect(() => agentSettings(parse("qrexec: {transport: qubes}\n"), {})).toThrow("has no section 'agent:'");
  });

  it("gives GitHub longer than GitHub itself takes: who waits less cannot tell what was carried out", () => {
    const text = (seconds: number): string =>
      `agent: {qube: build-a, builders-list: b, keyring: k, github: {token-file: t, timeout-seconds: ${seconds}}}\n`;
    expect(() => agentSettings(parse(text(10)), {})).toThrow(
      "/etc/rb/config.yml:1: agent.github.timeout-seconds: GitHub itself takes up to 10 s: give more than 10",
    );
    expect(agentSettings(parse(text(11)), {}).github["timeout-seconds"]).toBe(11);
  });

  it("expands no aliases: a small file must not become a large one", () => {
    expect(() => parse("a: &a [1]\nb: [*a, *a]\n")).toThrow("/etc/rb/config.yml: ");
  });
});

describe("the receiver's section", () => {
  const section = (directory: string, change: Readonly<Record<string, unknown>> = {}) => {
    const receiver = {
      listen: { host: "127.0.0.1", port: 8080 },
      monitor: { host: "127.0.0.1", port: 8081 },
      "webhook-secret-file": "secret",
      "build-vms-list": "vms",
      owners: ["QubesOS"],
      ...change,
    };
    return receiverSettings(parseConfiguration(join(directory, "config.yml"), JSON.stringify({ receiver })), {});
  };

  it("is not taken without a secret, with an empty one or a short one", () => {
    const directory = temporaryDirectory();
    expect(() => section(directory)).toThrow("the webhook secret cannot be read; the receiver needs one");
    writeFileSync(join(directory, "secret"), "\n");
    expect(() => section(directory)).toThrow("16 characters at least");
    writeFileSync(join(directory, "secret"), "development\n");
    expect(() => section(directory)).toThrow("16 characters at least");
    writeFileSync(join(directory, "secret"), "0123456789abcdef\n");
    expect(section(directory).secret).toBe("0123456789abcdef");
  });

  it("shows health and metrics on loopback only", () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "secret"), "0123456789abcdef\n");
    expect(() => section(directory, { monitor: { host: "0.0.0.0", port: 8081 } })).toThrow("only a loopback address");
  });

  it("needs owners", () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "secret"), "0123456789abcdef\n");
    expect(() => section(directory, { owners: [] })).toThrow("receiver.owners");
  });
});

describe("the agent's section", () => {
  const section = (change: Readonly<Record<string, unknown>>) => {
    const agent = {
      qube: "build-a",
      "builders-list": "l",
      "trusted-keys": "k",
      github: { "token-file": "t" },
      ...change,
    };
    return agentSettings(parse(JSON.stringify({ agent })), {});
  };

  it.each([
    ["one verifier", { verifiers: ["openpgp"] }, "two verifiers must agree"],
    ["keys from two places", { keyring: "k.gpg" }, "give either trusted-keys"],
    ["an environment that speaks for all and knows nobody", { "answers-unknown": true }, "answers-unknown needs known"],
    [
      "two ways to GitHub",
      { github: { "token-file": "t", app: { id: 1, "private-key-file": "p" } } },
      "either token-file or app",
    ],
    ["a wrong qube's name", { qube: "--help" }, "not a qube's name"],
  ])("is refused with %s", (_what, change, said) => {
    expect(() => section(change)).toThrow(said);
  });

  it("takes GITHUB_API_URL before what it says itself", () => {
    const agent = { qube: "build-a", "builders-list": "l", "trusted-keys": "k", github: { "token-file": "t" } };
    const settings = agentSettings(parse(JSON.stringify({ agent })), { GITHUB_API_URL: "http://127.0.0.1:1" });
    expect(settings.github["api-url"]).toBe("http://127.0.0.1:1");
    expect(section({}).github["api-url"]).toBe("https://api.github.com");
  });
});
