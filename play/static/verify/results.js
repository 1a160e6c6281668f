/** What the checks found: each with its evidence, the verdict, the picture, and what all of it does not show. */

import { has, keyOf, number, t, time } from './texts.js';

const MARKS = { passed: '✓', failed: '✗', skipped: '–', waiting: '' };
/** Chains that run on somebody's own machine, by the ids that their programs give them. */
const LOCAL_CHAINS = [1337, 31337, 131277322940537];

/** Ways in which a message can be malformed, which are one thing to anybody but a programmer. */
const MALFORMED = [
  'MessageLengthWrong',
  'MessageProtocolUnknown',
  'MessageTypeWrong',
  'ReservedNotZero',
  'FieldInvalid',
  'RulesMalformed',
];

export class Results {
  #outcomes = new Map();

  constructor(ids) {
    this.ids = ids;
    this.rows = new Map([...ids.checks.children].map((row) => [row.dataset.check, row]));
  }

  /** Before the first check: nothing is known. */
  clear() {
    this.#outcomes.clear();
    for (const row of this.rows.values()) this.#paint(row, 'waiting', '', {});
    this.#verdict('none', t('verify.nothing_yet'));
    this.#picture();
  }

  running() {
    this.clear();
    this.#verdict('running', t('verify.running'));
  }

  add(outcome) {
    this.#outcomes.set(outcome.id, outcome);
    const { state, evidence } = outcome;
    this.#paint(this.rows.get(outcome.id), state, noteOf(outcome), evidence);
  }

  /** A document that has not its form, which is what the first check would say. */
  refuse(error) {
    this.add({ id: 'document', state: 'failed', evidence: { detail: error.message }, error });
    this.finish(null);
  }

  /** After the last check. */
  finish(round) {
    const all = [...this.#outcomes.values()];
    const failed = all.find(({ state }) => state === 'failed');
    const [passed, open] = ['passed', 'skipped'].map((wanted) => all.filter(({ state }) => state === wanted).length);
    const counts = [t('verify.passed_count', { count: number(passed) })];
    if (open) counts.push(t('verify.open_count', { count: number(open) }));
    const told = counts.join(' · ');
    if (failed) this.#verdict('failed', t('verify.failed'), sentenceOf(failed.error), failed.error.name);
    else if (open) this.#verdict('open', t('verify.some_open'), told);
    else this.#verdict('passed', t('verify.all_passed'), told);
    this.#picture();
    if (round) this.#limits(round);
  }

  #verdict(state, title, text = '', name = '') {
    const { verdict } = this.ids;
    verdict.dataset.state = state;
    this.ids['verdict-title'].textContent = title;
    this.ids['verdict-text'].textContent = text;
    this.ids['verdict-name'].textContent = name;
  }

  #paint(row, state, note, evidence) {
    row.dataset.state = state;
    const mark = row.querySelector('b');
    mark.textContent = MARKS[state];
    mark.setAttribute('role', 'img');
    mark.ariaLabel = state === 'waiting' ? '' : t(`verify.state_${state}`);
    row.querySelector('.note').textContent = note;
    const lines = Object.entries(evidence).flatMap(([name, value]) => [line('dt', name), line('dd', value)]);
    row.querySelector('dl').replaceChildren(...lines);
    row.querySelector('details').dataset.lines = lines.length;
  }

  /** Each part of the picture is as good as the checks that stand for it. */
  #picture() {
    for (const item of this.ids.legend.children) {
      const states = item.dataset.parts.split(' ').map((id) => this.#outcomes.get(id)?.state ?? 'waiting');
      item.dataset.state = ['failed', 'waiting', 'skipped'].find((state) => states.includes(state)) ?? 'passed';
    }
  }

  #limits(round) {
    const { network, commit } = round;
    const shown = {
      network: network.name === 'none' ? 'none' : network.public ? null : 'network',
      chain: this.#chainLimit(commit.anchor),
      bet: this.#outcomes.get('payout')?.reason === 'no_bet' ? 'bet' : null,
    };
    for (const [part, text] of Object.entries(shown)) {
      const item = document.querySelector(`[data-limit=${part}]`);
      item.hidden = !text;
      if (text) item.textContent = t(`verify.unproven_${text}`);
    }
  }

  #chainLimit(anchor) {
    if (this.#outcomes.get('commit-anchor')?.state !== 'passed') return 'chain';
    return LOCAL_CHAINS.includes(anchor.chain_id) ? 'local_chain' : null;
  }
}

/** What a player is told of a failure, in words; the name is for those who want to look it up. */
function sentenceOf(error) {
  const key = keyOf('verify_error', MALFORMED.includes(error.name) ? 'MessageMalformed' : error.name);
  return has(key) ? t(key) : error.message;
}

function noteOf({ state, reason, time: due, error }) {
  if (state === 'failed') return sentenceOf(error);
  if (state !== 'skipped') return '';
  const key = `verify_skip.${reason}`;
  return has(key) ? t(key, { time: due === null ? '' : time(due) }) : reason;
}

function line(tag, value) {
  const made = document.createElement(tag);
  made.textContent = value;
  return made;
}
