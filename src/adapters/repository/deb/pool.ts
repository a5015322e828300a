/** Where a source package's files lie in the pool: `pool/main/c/core-admin`, `pool/main/libq/libqubes`. */
export function poolDirectory(source: string): string {
  const prefix = source.startsWith("lib") ? source.slice(0, 4) : source.slice(0, 1);
  return `pool/main/${prefix}/${source}`;
}
