import type { Backend, BackendRun, ImageBackend } from "../../build/index.ts";
import { AdapterError } from "../../domain/index.ts";
import type { BuilderConfiguration } from "../../formats/builder-yml/index.ts";
import { createBackend } from "./create-backend.ts";

const nothing: BackendRun = { stages: [], packages: async () => [], close: async () => undefined };

/**
 * The back-end of that kind, to be asked what there would be to build; what is begun with it has no stages, and nothing that
 * could run, sign or publish is behind it.
 */
export function lookingBackend(kind: BuilderConfiguration["backend"]): Backend & ImageBackend {
  const refuse = (): never => {
    throw new AdapterError("DENIED", "in shadow mode nothing is built, signed or published");
  };
  const { withoutPackages } = createBackend(kind, {
    work: "/nonexistent",
    walls: "required",
    run: refuse,
    environment: {},
    gpg: { path: "/nonexistent", environment: {} },
    repositories: refuse,
    signer: refuse,
    upload: refuse,
  });
  return { withoutPackages, open: async () => nothing, openImage: async () => nothing };
}
