/** A program: Probot's own middleware in a bare server, with a handler that does nothing. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { Probot } from "probot";
import { secret } from "./load.ts";

const probot = new Probot({ githubToken: "none", secret, log: pino({ level: "silent" }) });
const middleware = await probot.getNodeMiddleware({ path: "/github-hooks/process-comment" });
probot.on("issue_comment.created", () => {});
const server = createServer((request, response) => void middleware(request, response));
server.listen(0, "127.0.0.1", () => process.stdout.write(`ready ${(server.address() as AddressInfo).port}\n`));
