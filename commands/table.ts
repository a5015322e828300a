import { buildComponent } from "./build-component.ts";
import { buildIso } from "./build-iso.ts";
import { buildTemplate } from "./build-template.ts";
import type { CommandDefinition } from "./definition.ts";
import { hold } from "./hold.ts";
import { unhold } from "./unhold.ts";
import { upload } from "./upload.ts";
import { uploadComponent } from "./upload-component.ts";
import { uploadTemplate } from "./upload-template.ts";
import { withdrawComponent } from "./withdraw-component.ts";

/** Every comment command, in the order in which help and docs list them. */
export const commandTable: readonly CommandDefinition[] = [
  uploadComponent,
  uploadTemplate,
  buildTemplate,
  buildIso,
  buildComponent,
  hold,
  unhold,
  withdrawComponent,
  upload,
];
