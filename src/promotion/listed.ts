/** Whether metadata lists files of that name; a signature or buildinfo lies beside without being listed. */
export function isListed(name: string): boolean {
  return /\.(rpm|deb|dsc|pkg\.tar(\.[a-z0-9]+)?|tar\.[a-z0-9]+|diff\.gz)$/.test(name);
}

/** The names (or paths), each once, with those of the signatures that lie beside Arch packages: whoever names one means both. */
export function withSignatures(names: readonly string[]): string[] {
  const signatures = names.filter((name) => /\.pkg\.tar(\.[a-z0-9]+)?$/.test(name)).map((name) => `${name}.sig`);
  return [...new Set([...names, ...signatures])];
}
