import { type Agent, request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { createEmulator, type Emulator } from "emulate";
import { type LabAnswer, readBody } from "./answer.ts";
import type { GithubLabOptions } from "./github-lab.ts";

/** Asks the emulator behind the lab's GitHub; its paging and limits are passed on. */
export function askEmulator(question: {
  readonly agent: Agent;
  readonly url: string;
  readonly method: string;
  readonly authorization: string;
  readonly body: unknown;
}): Promise<LabAnswer> {
  const { agent, url, method, authorization, body } = question;
  const headers = { "content-type": "application/json", ...(authorization === "" ? {} : { authorization }) };
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers, timeout: 120_000 }, (answer) => {
      readBody(answer).then((bytes) => {
        const text = bytes.toString();
        const passed = Object.entries(answer.headers).filter(
          ([name]) => name === "link" || name.startsWith("x-ratelimit-"),
        );
        resolve({
          status: answer.statusCode ?? 0,
          body: text === "" ? undefined : JSON.parse(text),
          headers: Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
        });
      }, reject);
    });
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error(`the emulator does not answer ${url}`)));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Whom a token stands for, as the emulator is told. */
interface Person {
  readonly login: string;
  readonly scopes: string[];
}

/**
 * The emulator allows a token 5,000 requests an hour, and our GraphQL asks it many for one: each person has some more
 * tokens there, and the next is taken before one is used up.
 */
const tokensEach = 50;
const usesEach = 4500;

/** Turns a caller's `authorization` into the one to ask the emulator with. */
export function tokenWheel(tokens: Readonly<Record<string, string>>): (authorization: string) => string {
  const uses = new Map<string, number>();
  return (authorization) => {
    const token = authorization.split(" ")[1] ?? "";
    if (!(token in tokens)) return authorization;
    const used = uses.get(token) ?? 0;
    uses.set(token, used + 1);
    return `token ${spare(token, Math.floor(used / usesEach) % tokensEach)}`;
  };
}

function spare(token: string, which: number): string {
  return which === 0 ? token : `${token}-${which}`;
}

/** Starts the emulator on a free port, with the repositories, people and App that the lab is to have. */
export async function startEmulator(
  { repositories, tokens, app }: GithubLabOptions,
  baseUrl: string,
): Promise<{ readonly emulator: Emulator; readonly internalUrl: string }> {
  const owners = [...new Set(repositories.map((repository) => repository.split("/")[0] ?? ""))];
  const people = [...new Set(Object.values(tokens))];
  const seed = {
    tokens: Object.fromEntries(
      Object.entries(tokens).flatMap(([token, login]) =>
        Array.from({ length: tokensEach }, (_, which): [string, Person] => [
          spare(token, which),
          { login, scopes: ["repo"] },
        ]),
      ),
    ),
    github: {
      users: people.map((login) => ({ login })),
      orgs: owners.map((login) => ({ login, members: people.map((member) => ({ login: member, role: "admin" })) })),
      repos: repositories.map((repository) => {
        const [owner, name] = repository.split("/");
        return { owner, name, auto_init: false };
      }),
      apps:
        app === undefined
          ? []
          : [
              {
                app_id: app.id,
                slug: app.slug,
                name: app.slug,
                permissions: { issues: "write", metadata: "read" },
                events: ["issue_comment", "push"],
                installations: [{ installation_id: app.installation, account: owners[0], repository_selection: "all" }],
              },
            ],
    },
  };
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      const emulator = await createEmulator({ service: "github", port, baseUrl, seed });
      return { emulator, internalUrl: `http://127.0.0.1:${port}` };
    } catch (error) {
      // Somebody else may have taken the port meanwhile: the emulator cannot be asked for "any".
      if (attempt === 5) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
