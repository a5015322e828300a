/** What the policy's words look at in a qube. */
export interface QubeFacts {
  /** `AppVM`, `TemplateVM`, `StandaloneVM`, `DispVM`, `AdminVM`, … */
  readonly type: string;
  readonly tags: readonly string[];
  /** Whether disposables may be made from it. */
  readonly templateForDispvms: boolean;
  /** What `@dispvm` is made from, when this qube asks for one; null: it may not. */
  readonly defaultDispvm: string | null;
  /** For `autostart=no`, which refuses a qube that would have to be started. */
  readonly running: boolean;
}

/** Every qube that there is, by name. dom0 is there without being listed. */
export type PolicySystem = ReadonlyMap<string, QubeFacts>;

/** The facts of an ordinary qube, with what is known of this one. */
export function qubeFacts(known: Partial<QubeFacts> = {}): QubeFacts {
  return { type: "AppVM", tags: [], templateForDispvms: false, defaultDispvm: null, running: true, ...known };
}
