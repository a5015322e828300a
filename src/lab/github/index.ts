/** A GitHub for the demo and the tests: the emulator, and in front of it what the emulator lacks. */
export type { Exchange, GithubLabFault, SeenRequest } from "./fault.ts";
export { type GithubLab, type GithubLabOptions, startGithubLab } from "./github-lab.ts";
