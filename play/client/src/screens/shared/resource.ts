/** What a screen reads from the server: not there yet, there, or not to be had. */

import { useEffect, useRef, useState } from 'preact/hooks';

interface Held<T> {
  key: string;
  data: T | null;
  error: unknown;
  loading: boolean;
}

export interface Resource<T> {
  /** What was read last. It stays while it is read anew, and when that fails. */
  data: T | null;
  /** Why the last reading failed; null where it did not. */
  error: unknown;
  loading: boolean;
  reload(): void;
}

/** Read now, and anew when `key` is another: then what was read for the old one is gone at once. */
export function useResource<T>(key: string, read: () => Promise<T>): Resource<T> {
  const [held, hold] = useState<Held<T>>({ key, data: null, error: null, loading: true });
  const turn = useRef(0);
  const reload = (): void => {
    const mine = ++turn.current;
    const change = (news: Partial<Held<T>>): void => {
      if (mine !== turn.current) return;
      hold((old) => ({ ...(old.key === key ? old : { key, data: null }), error: null, loading: false, ...news }));
    };
    change({ loading: true });
    read().then(
      (data) => change({ data }),
      (error: unknown) => change({ error }),
    );
  };
  useEffect(() => {
    reload();
    return () => void turn.current++;
  }, [key]);
  return { ...(held.key === key ? held : { data: null, error: null, loading: true }), reload };
}
