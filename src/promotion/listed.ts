/** Whether metadata lists files of that name; a signature or buildinfo lies beside without being listed. */
export function isListed(name: string): boolean {
  return /\.(rpm|deb|dsc|pkg\.tar(\.[a-z0-9]+)?|tar\.[a-z0-9]+|diff\.gz)$/.test(name);
}
