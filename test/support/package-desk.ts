import { afterAll } from "vitest";
import { GpgHome } from "./gpg-home.ts";
import { PackageMaker } from "./package-maker.ts";

/** What packages of a test file are made and signed with. */
export interface PackageDesk {
  readonly gpg: GpgHome;
  /** The fingerprint of the one key that its packages and repositories are signed by. */
  readonly key: string;
  readonly maker: PackageMaker;
}

/** Makes one for a whole test file, after whose last test it is gone. */
export function packageDesk(): PackageDesk {
  const gpg = new GpgHome();
  const key = gpg.makeKey({ algorithm: "rsa2048" });
  const maker = new PackageMaker(gpg);
  afterAll(() => {
    maker.remove();
    gpg.remove();
  });
  return { gpg, key, maker };
}
