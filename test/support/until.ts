/** Looks again and again until there is something; fails after the limit, with what was looked for. */
export async function until<T>(look: () => T | null, limitMs: number): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`nothing within ${limitMs} ms: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
