/** A link of the chain. */
export type AuditLink = "comment" | "commit" | "package" | "log" | "statement" | "signature";

/** The first link that does not hold. */
export class BrokenLink extends Error {
  readonly link: AuditLink;
  /** What it is: a path, a file name, a commit. */
  readonly subject: string;

  constructor(link: AuditLink, subject: string, reason: string) {
    super(reason);
    this.link = link;
    this.subject = subject;
  }
}
