/** The page without a game: why, and what the player can do. */

import { speak, t } from './texts.js';

/** `reason` is the key of a text; `again` offers to try again, `reopen` tells to come back from the operator's page. */
export async function showDoor(language, reason, { again = false, reopen = false } = {}) {
  const [door, title, loading, play, retry, hint] = ['door', 'door-title', 'loading', 'play', 'try-again', 'reopen'].map(
    (id) => document.getElementById(id),
  );
  // The page came in the operator's language: without an answer those texts do.
  await speak(language).catch(() => {});
  loading.hidden = play.hidden = true;
  door.hidden = false;
  title.textContent = t(reason);
  retry.hidden = !again;
  retry.onclick = () => location.reload();
  hint.hidden = !reopen;
}
