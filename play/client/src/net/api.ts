/** Calls to the server, and the difference between an answer and no answer. */

const TIMEOUT_MS = 8000;

export type MoneyMoved = 'no' | 'yes' | 'unknown' | null;

interface Problem {
  code?: string;
  title?: string;
  retry?: string | null;
  money_moved?: MoneyMoved;
  params?: Record<string, unknown>;
}

export interface Answer<T> {
  data: T;
  /** The moments of asking and of the answer, on this page's own clock (`performance.now()`). */
  sentAt: number;
  receivedAt: number;
}

/** No answer, or not one of this server's: what was asked for may have happened or not. */
export class NoAnswer extends Error {
  /** `retryAfter`: the seconds that the server asked to wait. */
  constructor(
    message: string,
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

/** A definite refusal. `message` is for the player, in the player's language. */
export class Refused extends Error {
  readonly code: string;
  readonly params: Record<string, unknown>;
  /** `unknown`: what was charged, if anything was, is being returned. */
  readonly moneyMoved: MoneyMoved;

  constructor(
    readonly status: number,
    problem: Problem,
    readonly retryAfter = 0,
  ) {
    super(problem.title);
    this.code = problem.code ?? '';
    this.params = problem.params ?? {};
    this.moneyMoved = problem.money_moved ?? null;
  }
}

/** Who calls, and in which language refusals are told. `ended` is called when the session is over. */
export const caller = { token: '', language: 'en', ended: (): void => {} };

export interface Options {
  body?: unknown;
  /** The idempotency key: the same for the same thing, however often it is asked for. */
  key?: string;
}

/**
 * The JSON answer of `/api/v1/<path>`; null where there is none (204).
 * Throws NoAnswer or Refused. A session that is over (401) closes the game besides.
 */
export async function call<T>(method: string, path: string, { body, key }: Options = {}): Promise<Answer<T>> {
  const sentAt = performance.now();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  const { token } = caller;
  let response: Response;
  let data: unknown = null;
  let receivedAt: number;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers: headersOf(body, key),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: abort.signal,
      cache: 'no-store',
    });
    receivedAt = performance.now();
    if (response.status !== 204) data = await response.json();
  } catch (error) {
    throw new NoAnswer((error as Error).message);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return { data: data as T, sentAt, receivedAt };
  const wait = Number(response.headers.get('Retry-After')) || 0;
  const problem = data as Problem | null;
  // Without a code it is not this server that answered, but something on the way.
  if (!problem?.code || problem.retry === 'same_key') throw new NoAnswer(problem?.title ?? '', wait);
  if (response.status === 401 && token && token === caller.token) caller.ended();
  throw new Refused(response.status, problem, wait);
}

/** What a GET answers. Throws as `call` does. */
export async function get<T>(path: string): Promise<T> {
  return (await call<T>('GET', path)).data;
}

function headersOf(body: unknown, key?: string): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': caller.language };
  if (caller.token) headers.Authorization = `Bearer ${caller.token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  return headers;
}
