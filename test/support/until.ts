/** How long a slow machine may need for anything: what has not come by then does not come. It is nobody's limit to be tested. */
const longEnoughMs = 240_000;

/** Looks again and again until there is something; fails, with what was looked for, when it has been long enough. */
export async function until<T>(look: () => T | null): Promise<T> {
  const end = performance.now() + longEnoughMs;
  for (;;) {
    const found = look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`nothing within ${longEnoughMs} ms: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
