/** Who plays: the session, entered once with the launch token and kept for this tab. */

const SESSION = 'keno.session';

/** What this tab remembers. A browser that forbids storage forgets with the page. */
export const memory = {
  read(name) {
    try {
      return JSON.parse(sessionStorage.getItem(name));
    } catch {
      return null;
    }
  },
  write(name, value) {
    try {
      if (value === null) sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Nothing to do: play goes on without it.
    }
  },
};

/**
 * The session of the launch address, else the one that this tab has; null without any.
 * Throws NoAnswer when the launch can be tried again.
 */
export async function enterSession(api, operator) {
  const launch = new URLSearchParams(location.search).get('launch');
  let session = memory.read(SESSION);
  if (launch) {
    session = (await swap(api, launch)) ?? session;
    history.replaceState(null, '', location.pathname);
  }
  // A launch of another brand would show its money under this one's name.
  if (session?.session_token.split('.')[1] !== operator) session = null;
  memory.write(SESSION, session);
  return session;
}

export function forgetSession() {
  memory.write(SESSION, null);
}

async function swap(api, launch) {
  try {
    return (await api.call('POST', 'sessions/enter', { body: { launch_token: launch } })).data;
  } catch (error) {
    if (error.code) return null;
    throw error;
  }
}
