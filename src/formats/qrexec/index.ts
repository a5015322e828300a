/** qrexec's own formats: names of calls, the header of a socket service, the policy language and its one evaluator. */
export * from "./call-header.ts";
export * from "./call-name.ts";
export * from "./policy.ts";
export * from "./policy-evaluation.ts";
export * from "./policy-system.ts";
