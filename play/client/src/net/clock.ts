/** The server's time. The device's own clock is never asked: it may be wrong by hours. */

let offset = 0;
let spread = Infinity;

/** Milliseconds since 1970 by the server. */
const now = (): number => performance.now() + offset;

export const clock = {
  get known(): boolean {
    return spread < Infinity;
  },

  /**
   * A reading of the server's clock, taken somewhere between the two moments of this page's monotonic clock.
   * The tightest reading is kept, unless a new one contradicts it (the device slept, or the server's clock moved).
   */
  observe(serverTime: string, sentAt: number, receivedAt: number): void {
    const newSpread = receivedAt - sentAt;
    const newOffset = Date.parse(serverTime) - (sentAt + receivedAt) / 2;
    const apart = Math.abs(newOffset - offset);
    if (newSpread <= spread || apart > (newSpread + spread) / 2) {
      offset = newOffset;
      spread = newSpread;
    }
  },

  now,

  /** Milliseconds until a server's moment; negative once it is past. */
  until: (moment: string): number => Date.parse(moment) - now(),
};
