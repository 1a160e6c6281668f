/** A WebSocket that comes back by itself, later each time and never all clients at once. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** A frame; one that only counts has no type. */
export interface Frame {
  type?: string;
}

export interface Listener<F extends Frame> {
  open?(send: (message: unknown) => void): void;
  /** `startedAt`: when the connection was begun, on this page's own clock. */
  frame(frame: F, startedAt: number): void;
  state(connected: boolean): void;
  /** True to stay closed after this code. */
  refused?(code: number): boolean;
}

export interface Stream {
  /** Drop the connection, if there is one, and make a new one now. */
  renew(): void;
  end(): void;
}

/** Connect now, and again whenever the connection is lost. */
export function openStream<F extends Frame>(path: string, on: Listener<F>): Stream {
  let own: WebSocket | null = null;
  let failures = 0;
  let timer = 0;
  let ended = false;

  function connect(): void {
    const startedAt = performance.now();
    const socket = new WebSocket(location.origin.replace('http', 'ws') + path);
    own = socket;
    const mine = (): boolean => own === socket;
    socket.onopen = () => mine() && on.open?.((message) => socket.send(JSON.stringify(message)));
    socket.onmessage = ({ data }) => {
      if (!mine()) return;
      failures = 0;
      on.state(true);
      on.frame(JSON.parse(data as string) as F, startedAt);
    };
    socket.onclose = ({ code }) => {
      if (!mine()) return;
      own = null;
      on.state(false);
      if (!on.refused?.(code)) later();
    };
  }

  function later(): void {
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    timer = window.setTimeout(connect, ceiling / 2 + (Math.random() * ceiling) / 2);
  }

  function release(): void {
    clearTimeout(timer);
    const old = own;
    own = null;
    old?.close();
  }

  connect();
  return {
    renew() {
      if (ended) return;
      release();
      connect();
    },
    end() {
      ended = true;
      release();
    },
  };
}
