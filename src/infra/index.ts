/** From one description of the qubes to every configuration file of each, and the proof that the policy holds. */

export * from "./description/infrastructure.ts";
export * from "./description/read-infrastructure.ts";
export * from "./policy/plan.ts";
export * from "./policy/render.ts";
export * from "./proof/prove.ts";
export * from "./render/infrastructure.ts";
export * from "./render/units.ts";
