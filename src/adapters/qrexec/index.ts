import { localTransport } from "./local-transport.ts";
import { qubesTransport } from "./qubes-transport.ts";
import type { QrexecTransport } from "./transport.ts";

export * from "./call.ts";
export * from "./socket-service.ts";
export * from "./transport.ts";

/** The transport that the configuration's section `qrexec:` names. */
export function qrexecTransport(
  settings: { readonly transport: "qubes" } | { readonly transport: "local"; readonly socket: string },
): QrexecTransport {
  switch (settings.transport) {
    case "qubes":
      return qubesTransport();
    case "local":
      return localTransport(settings.socket);
  }
}
