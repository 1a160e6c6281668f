/** The server's time. The device's own clock is never asked: it may be wrong by hours. */

export class ServerClock {
  #offset = 0;
  #spread = Infinity;

  get known() {
    return this.#spread < Infinity;
  }

  /**
   * A reading of the server's clock, taken somewhere between the two moments of this page's monotonic clock.
   * The tightest reading is kept, unless a new one contradicts it (the device slept, or the server's clock moved).
   */
  observe(serverTime, sentAt, receivedAt) {
    const spread = receivedAt - sentAt;
    const offset = Date.parse(serverTime) - (sentAt + receivedAt) / 2;
    const apart = Math.abs(offset - this.#offset);
    if (spread <= this.#spread || apart > (spread + this.#spread) / 2) {
      this.#offset = offset;
      this.#spread = spread;
    }
  }

  /** Milliseconds since 1970 by the server. */
  now() {
    return performance.now() + this.#offset;
  }

  /** Milliseconds until a server's moment; negative once it is past. */
  until(moment) {
    return Date.parse(moment) - this.now();
  }
}
