import { randomBytes } from "node:crypto";
import { runTool } from "./tool.ts";
import { until } from "./until.ts";

/** A shell in a real terminal: tmux, with so many columns, driven by keys and looked at as a person does. */
export class TerminalSession {
  readonly #socket = `rb-${randomBytes(6).toString("hex")}`;
  readonly columns: number;

  constructor(columns: number, environment: NodeJS.ProcessEnv) {
    this.columns = columns;
    const variables = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value ?? ""}`]);
    const shell = ["env", "PS1=$ ", "LANG=C.UTF-8", "sh"];
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", "60", ...variables, ...shell);
  }

  #tmux(...args: string[]): string {
    return runTool("tmux", ["-u", "-L", this.#socket, ...args]).toString();
  }

  /** Types a line and presses Enter. */
  type(line: string): void {
    this.#tmux("send-keys", "-l", line);
    this.#tmux("send-keys", "Enter");
  }

  /** What is to be seen, `escapes` with the colours as tmux has them. */
  screen(form: "plain" | "escapes" = "plain"): string {
    return this.#tmux("capture-pane", "-p", ...(form === "escapes" ? ["-e"] : []), "-S", "-500").trimEnd();
  }

  /** Waits until the screen shows it. */
  async shows(what: RegExp): Promise<string> {
    try {
      return await until(() => {
        const screen = this.screen();
        return what.test(screen) ? screen : null;
      });
    } catch {
      throw new Error(`the terminal does not show ${what}, but:\n${this.screen()}`);
    }
  }

  clear(): void {
    this.#tmux("send-keys", "-R");
    this.#tmux("clear-history");
  }

  close(): void {
    this.#tmux("kill-server");
  }
}
