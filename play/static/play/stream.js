/** A WebSocket that comes back by itself, later each time and never all clients at once. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;

export class Stream {
  #socket = null;
  #failures = 0;
  #timer = 0;
  #ended = false;
  #path;
  #on;

  /** `on`: open(send), frame(frame, startedAt), state(isConnected), refused(code) -> true to stay closed. */
  constructor(path, on) {
    this.#path = path;
    this.#on = on;
    this.#connect();
  }

  /** Drop the connection, if there is one, and make a new one now. */
  renew() {
    if (this.#ended) return;
    this.#release();
    this.#connect();
  }

  end() {
    this.#ended = true;
    this.#release();
  }

  #release() {
    clearTimeout(this.#timer);
    const old = this.#socket;
    this.#socket = null;
    old?.close();
  }

  #connect() {
    const startedAt = performance.now();
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}${this.#path}`);
    this.#socket = socket;
    const mine = () => this.#socket === socket;
    socket.onopen = () => mine() && this.#on.open?.((message) => socket.send(JSON.stringify(message)));
    socket.onmessage = ({ data }) => {
      if (!mine()) return;
      this.#failures = 0;
      this.#on.state(true);
      this.#on.frame(JSON.parse(data), startedAt);
    };
    socket.onclose = ({ code }) => {
      if (!mine()) return;
      this.#socket = null;
      this.#on.state(false);
      if (!this.#on.refused?.(code)) this.#later();
    };
  }

  #later() {
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#connect(), ceiling / 2 + (Math.random() * ceiling) / 2);
  }
}
