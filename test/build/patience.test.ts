import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { untilStopped, within } from "../../src/build/patience.ts";

const never = new Promise<never>(() => undefined);

describe("waiting for the world", () => {
  it("ends at its limit, and says who did not answer", async () => {
    await expect(within(50, "the log service", never)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "the log service did not answer within 0.05 s",
    });
  });

  it("gives what comes in time, a fault too", async () => {
    expect(await within(1000, "x", Promise.resolve(7))).toBe(7);
    await expect(within(1000, "x", Promise.reject(new Error("fault")))).rejects.toThrow("fault");
  });

  it("gives a step time to end after it was told to, and no more", async () => {
    const controller = new AbortController();
    const waiting = untilStopped(controller.signal, 50, never);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "TIMEOUT", message: "did not end when it was told to" });
    const ending = new Promise<string>((resolve) => setTimeout(() => resolve("ended"), 20));
    expect(await untilStopped(controller.signal, 1000, ending)).toBe("ended");
  });

  it("leaves nothing behind at the signal of a program that runs for months", async () => {
    const { signal } = new AbortController();
    for (let step = 0; step < 20; step++) await untilStopped(signal, 50, Promise.resolve(step));
    await expect(untilStopped(signal, 50, Promise.reject(new Error("fault")))).rejects.toThrow("fault");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
