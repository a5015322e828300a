import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GithubLab } from "../../src/lab/github/index.ts";
import { answerComment, statusComment } from "../../src/report/index.ts";
import type { Frame } from "../../src/signed/frame.ts";
import { parseFrame } from "../../src/signed/index.ts";
import type { StatusUpdate } from "../../src/status/index.ts";
import { askGithub, issueOn } from "./github-issue.ts";
import { githubWith, reportRepository, statusReport } from "./github-reports.ts";
import type { GpgHome } from "./gpg-home.ts";
import { statusWith } from "./status-data.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What a line came to, as an answer of the bot's has it. */
type LineOutcome = Parameters<typeof answerComment>[0]["lines"][number]["outcome"];

/** A maintainer's own machine: signed status data, a key, a token, and GitHub with status issues that the bot has made. */
export class MaintainerDesk {
  readonly directory = temporaryDirectory();
  readonly github: GithubLab;
  readonly words: readonly string[];

  private constructor(github: GithubLab, home: GpgHome, key: string) {
    this.github = github;
    const data = join(this.directory, "status.json");
    const keys = join(this.directory, "keys");
    this.words = [
      ...["--data", data, "--keys", keys, "--key", key, "--gnupghome", home.directory],
      ...["--token-file", join(this.directory, "token"), "--api-url", github.apiUrl],
    ];
  }

  static async open(home: GpgHome, key: string, updates: readonly StatusUpdate[], issues = 3): Promise<MaintainerDesk> {
    const desk = new MaintainerDesk(await githubWith(), home, key);
    mkdirSync(join(desk.directory, "keys"));
    writeFileSync(join(desk.directory, "keys/build.asc"), home.exportKey(key));
    writeFileSync(join(desk.directory, "token"), "token-alice\n");
    desk.publish(home, key, updates);
    const path = `/repos/${reportRepository}/issues`;
    for (let issue = 1; issue <= issues; issue++) {
      await askGithub(desk.github, path, { method: "POST", body: { title: `x ${issue}` }, token: "token-bot" });
    }
    return desk;
  }

  /** Publishes signed status data. */
  publish(home: GpgHome, key: string, updates: readonly StatusUpdate[]): void {
    const data = join(this.directory, "status.json");
    const environments = [...new Set(updates.flatMap(({ places }) => places.map(({ environment }) => environment)))];
    const text = JSON.stringify({ ...statusWith(updates, { environments }), generatedAt: new Date().toISOString() });
    writeFileSync(data, text);
    writeFileSync(`${data}.asc`, home.detachSign(text, { key }));
  }

  /** The signed messages on an issue, in order. */
  async messages(issue = 1): Promise<readonly Frame[]> {
    const { comments } = await issueOn(this.github, reportRepository, issue);
    return comments.flatMap((comment) => {
      const frame = parseFrame(Buffer.from(comment, "latin1"));
      return frame.ok ? [frame.value] : [];
    });
  }

  /** Waits until a signed message stands on the issue. */
  async posted(issue = 1): Promise<Frame> {
    for (;;) {
      const [frame] = await this.messages(issue);
      if (frame !== undefined) return frame;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async comment(issue: number, body: string, token = "token-bot"): Promise<void> {
    const path = `/repos/${reportRepository}/issues/${issue}/comments`;
    await askGithub(this.github, path, { method: "POST", body: { body }, token });
  }

  /** An answer to the message, in the very words that the bot has for it. */
  answer(frame: Frame, environment: string, outcomes: readonly LineOutcome[], token = "token-bot"): Promise<void> {
    const lines = outcomes.map((outcome, index) => ({ line: frame.lines[index] ?? "", outcome }));
    const answer = { id: "a-1", trace: frame.trace, environment, place: null, subject: null, lines };
    const body = `${answerComment(answer as unknown as Parameters<typeof answerComment>[0])}\n\n<!-- release-bot:a1 -->`;
    return this.comment(1, body, token);
  }

  /** A status comment, in the very words that the bot has for the event. */
  async tell(issue: number, event: Parameters<typeof statusReport>[0], token = "token-bot"): Promise<void> {
    const body = statusComment(statusReport(event).event, { repository: "QubesOS/build-logs", branch: "master" });
    await this.comment(issue, `${body}\n\n<!-- release-bot:s1 -->`, token);
  }

  /** A reaction on the first message of the issue. */
  async react(content: string, token = "token-bot", issue = 1): Promise<void> {
    const path = `/repos/${reportRepository}/issues/${issue}/comments`;
    const comments = (await askGithub(this.github, path)) as { id: number; body: string }[];
    const id = comments.find(({ body }) => body.startsWith("-----BEGIN PGP SIGNED"))?.id;
    const reactions = `/repos/${reportRepository}/issues/comments/${id}/reactions`;
    await askGithub(this.github, reactions, { method: "POST", body: { content }, token });
  }
}
