/** The visitor's own choices, kept in this browser: the node that is asked, and the contract that is expected. */

import { t } from './texts.js';

const NAMES = { rpc: 'keno.verify.rpc', contract: 'keno.verify.contract' };

/** Fill in what was chosen last. An address in the link goes first, and is shown as such: it may be the house's. */
export function restoreChoices(ids, asked) {
  for (const [id, name] of Object.entries(NAMES)) {
    const field = ids[id];
    field.value = asked.get(id) ?? read(name) ?? '';
    field.onchange = () => write(name, field.value.trim());
  }
  if (asked.has('rpc')) ids['rpc-hint'].textContent = t('verify.chain_from_link');
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser that forbids storage forgets with the page
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Nothing to do: the check goes on without it.
  }
}
