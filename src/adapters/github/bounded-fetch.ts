/**
 * `fetch` with a limit that holds for the whole answer, its body included. The limit does not hang on an abort signal
 * being heeded: whatever the connection does, the promise ends. Redirects are not followed: where an issue has moved to,
 * our words are not meant to go.
 */
export function boundedFetch(timeoutMs: number): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`no answer within ${timeoutMs} ms`);
        reject(error);
        controller.abort(error);
      }, timeoutMs);
    });
    try {
      return await Promise.race([wholeAnswer(url, { ...init, signal: controller.signal, redirect: "manual" }), limit]);
    } finally {
      clearTimeout(timer);
    }
  };
}

async function wholeAnswer(url: string, init: RequestInit): Promise<Response> {
  const { status, statusText, headers, body } = await fetch(url, init).then(async (response) => ({
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body: await response.arrayBuffer(),
  }));
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : body, { status, statusText, headers });
}
