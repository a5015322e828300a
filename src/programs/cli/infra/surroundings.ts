/** Where a subcommand says its result and its warnings, and where relative paths start. */
export interface CommandSurroundings {
  readonly say: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly here: string;
}
