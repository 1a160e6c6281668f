/** Calls to the server, and the difference between an answer and no answer. */

const TIMEOUT_MS = 8000;

/** No answer, or not one of this server's: what was asked for may have happened or not. */
export class NoAnswer extends Error {
  constructor(message, retryAfter = 0) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** A definite refusal. `message` is for the player, in the player's language. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.title);
    this.status = status;
    this.code = problem.code;
    this.params = problem.params ?? {};
  }
}

export class Api {
  token = '';
  language = 'en';

  /**
   * The JSON answer of a call, with the moments of asking and answering on this page's own clock.
   * Throws NoAnswer or Refused.
   */
  async call(method, path, { body, key } = {}) {
    const sentAt = performance.now();
    let response, data;
    let receivedAt;
    try {
      response = await fetch(`/api/v1/${path}`, {
        method,
        headers: this.#headers(body, key),
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        cache: 'no-store',
      });
      receivedAt = performance.now();
      data = await response.json();
    } catch (error) {
      throw new NoAnswer(error.message);
    }
    if (response.ok) return { data, sentAt, receivedAt };
    const wait = Number(response.headers.get('Retry-After')) || 0;
    const busy = response.status >= 500 || (response.status === 409 && wait > 0);
    // Without a code it is not this server that answered, but something on the way.
    if (busy || !data?.code) throw new NoAnswer(data?.title ?? '', wait);
    throw new Refused(response.status, data);
  }

  async get(path) {
    return (await this.call('GET', path)).data;
  }

  #headers(body, key) {
    const headers = { Accept: 'application/json', 'Accept-Language': this.language };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    return headers;
  }
}
