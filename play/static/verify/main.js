/** The page: takes documents in, asks the chain that the visitor names, and has the library check everything here. */

import { memory } from './memory.js';
import { picksOf, showBet, showDraw } from './balls.js';
import { chainOf } from './chain.js';
import { restoreChoices } from './choices.js';
import { addressOf, fetchOwnBets, fetchRound } from './house.js';
import { Results } from './results.js';
import { number, t } from './texts.js';

const BROUGHT = 'keno.verify.brought';
/** Documents whose form is part of what is checked; of others, a wrong form only makes them useless. */
const EXAMINED = ['round', 'bet'];
const ids = Object.fromEntries([...document.querySelectorAll('[id]')].map((each) => [each.id, each]));
const asked = new URLSearchParams(location.search);
const results = new Results(ids);
// The library with its curves is the heavy part: the page is there while it comes.
const loading = import('./library.js');
let library, folder;
let run = 0;
/** What is wrong with the form of a document that is to be examined, until another one takes its place. */
let refusal = null;

start();

async function start() {
  ids.language.onchange = changeLanguage;
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    ids.insecure.hidden = false;
    return say('');
  }
  restoreChoices(ids, asked);
  try {
    library = await loading;
  } catch {
    return say(t('verify.not_loaded'));
  }
  folder = new library.Folder();
  listen();
  say(t('verify.ready'));
  ids['fetch-go'].disabled = false;
  if (asked.has('round')) {
    ids.round.value = asked.get('round');
    if (await fetchTyped()) await check();
  } else {
    for (const text of memory.read(BROUGHT) ?? []) take('', text);
  }
  memory.write(BROUGHT, null);
}

/** The texts come with the page, so it is loaded anew; what was brought by hand waits in this tab. */
function changeLanguage() {
  asked.set('lang', ids.language.value);
  memory.write(BROUGHT, folder?.brought ?? null);
  location.search = asked;
}

function listen() {
  ids.fetch.onsubmit = (event) => {
    event.preventDefault();
    fetchTyped();
  };
  ids.check.onsubmit = (event) => {
    event.preventDefault();
    check();
  };
  ids.files.onchange = () => takeFiles(ids.files.files);
  ids.paste.oninput = takePasted;
  ids.bets.onchange = () => update(folder.choose(ids.bets.value));
  // Anywhere on the page: a file that misses the place would else be opened in its stead.
  for (const type of ['dragover', 'dragleave', 'drop']) addEventListener(type, dragged);
}

function dragged(event) {
  event.preventDefault();
  ids.drop.classList.toggle('over', event.type === 'dragover');
  if (event.type === 'drop') takeFiles(event.dataTransfer.files);
}

// --- documents ---

async function fetchTyped() {
  const found = addressOf(ids.round.value);
  if (!found) return void say(t('verify.not_found'));
  ids['fetch-go'].disabled = true;
  say(t('verify.fetching'));
  try {
    const [[round, keys], bets] = await Promise.all([
      fetchRound(found.address),
      fetchOwnBets(found.roundId).catch(() => []),
    ]);
    folder.clear();
    refusal = null;
    if (![round, ...bets].every((source) => take('', source))) return false;
    folder.from(found.roundId, keys);
    folder.choose(asked.get('bet'));
    update();
    return true;
  } catch (error) {
    say(t('verify.not_found'), error.message);
    return false;
  } finally {
    ids['fetch-go'].disabled = false;
  }
}

async function takeFiles(files) {
  for (const file of files) take(file.name, new Uint8Array(await file.arrayBuffer()));
  ids.files.value = '';
}

function takePasted() {
  const text = ids.paste.value.trim();
  if (text && take('', text)) ids.paste.value = '';
}

function take(name, source) {
  try {
    const kind = folder.take(source);
    if (refusal?.kind === kind) refusal = null;
    say(t('verify.ready'));
    return true;
  } catch (error) {
    if (EXAMINED.includes(error.kind)) refusal = error;
    say(`${name} ${t('verify.unreadable')}`.trim(), `${error.name}: ${error.message}`);
    return false;
  } finally {
    update();
  }
}

/** What was brought, and the numbers in it. What was found of other documents before does not stand beside it. */
function update() {
  run++;
  results.clear();
  if (refusal) results.refuse(refusal);
  const brought = [
    folder.round && t('round.number', { number: folder.number === null ? '?' : number(folder.number) }),
    folder.bets.length && t('verify.has_bet'),
    folder.evidence.size && t('verify.has_chain'),
    folder.keys && t('verify.has_keys'),
    folder.close && t('verify.has_close'),
    folder.receipts.length && t('verify.has_receipt'),
  ].filter(Boolean);
  const items = brought.map((text) => Object.assign(document.createElement('li'), { textContent: text }));
  ids.documents.replaceChildren(...items);
  ids.go.disabled = !folder.round || Boolean(refusal);
  showDraw(ids.numbers, folder.round?.reveal?.numbers, picksOf(folder.bet));
  showBet(ids, folder);
}

// --- checking ---

async function check() {
  const own = ++run;
  results.running();
  ids.verdict.scrollIntoView({ block: 'nearest' });
  try {
    const known = { ...knowledge(), chain: await chain() };
    for await (const outcome of library.examine({ document: folder.round, bet: folder.bet, known })) {
      if (own !== run) return; // other documents were brought meanwhile
      results.add(outcome);
      await painted();
    }
    if (own === run) results.finish(folder.round);
  } catch (error) {
    results.clear();
    say(t('error.unexpected'), error.message);
  }
}

function knowledge() {
  const contract = ids.contract.value.trim().toLowerCase();
  return {
    nowMs: Date.now(),
    asked: { roundId: folder.roundId },
    keys: folder.keys ?? folder.published,
    contract: contract ? { contract } : null,
    close: folder.close,
    receipt: folder.receipt(),
    allowSignedOnly: ids['signed-only'].checked,
  };
}

/** Where evidence comes from; without an answer of the visitor's node, the checks go on without it and say so. */
async function chain() {
  const found = await chainOf(library, folder, ids.rpc.value.trim());
  if (found.error) say(t('verify.chain_silent'), found.error.message);
  else say(t('verify.ready'));
  return found.evidenceOf;
}

function painted() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A word to the visitor, and for whoever wants it the cause as the browser told it. */
function say(text, cause = '') {
  ids.status.textContent = cause ? `${text} (${cause})` : text;
}
