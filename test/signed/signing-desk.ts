import { GpgHome, type SignWish } from "../support/gpg-home.ts";
import { Verification } from "../support/verification.ts";

/** When the throw-away keys are made, when they sign, and when that is judged. */
export const born = new Date("2023-01-01T00:00:00Z");
export const signedAt = new Date("2023-03-21T13:27:44Z");
export const now = new Date("2023-03-22T00:00:00Z");
export const text = "Hold r4.3 core-admin x all\n";
export const minute = 60_000;
export const day = 86_400_000;
export const plus = (date: Date, ms: number): Date => new Date(date.getTime() + ms);

/** A gpg home with one key, a message by it, and the two real verifiers. */
export class SigningDesk {
  readonly home = new GpgHome();
  readonly verification: Verification;
  readonly key = this.home.makeKey({ created: born });
  readonly message = this.sign({ key: this.key });

  private constructor(verification: Verification) {
    this.verification = verification;
  }

  static async open(): Promise<SigningDesk> {
    return new SigningDesk(await Verification.open());
  }

  sign(wish: SignWish): string {
    return this.home.clearSign(text, { at: signedAt, ...wish });
  }

  /** What is said of a message when exactly that key, as it stands in the key ring now, is trusted. */
  async verdictOf(signed: string, trusted: string, at = now): Promise<string> {
    return this.verification.verdict(signed, await this.verification.trust(this.home.exportKey(trusted)), at);
  }

  remove(): void {
    this.home.remove();
    this.verification.remove();
  }
}
