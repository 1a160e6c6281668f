/*
 * The counter made live: the slip is read by the server while it is typed, keys for thumbs stand below it, what was
 * typed outlives a reload, and a slip whose answer is lost is sent again under the same key.
 */

const READS_AFTER_MS = 250;
const KEPT = 'lottery slip';
const ROWS = [
  ['1', '2', '3', 'R', 'back'],
  ['4', '5', '6', '*', '-'],
  ['7', '8', '9', '=', '.'],
  ['00', '0', '000', 'space', 'line'],
];
const TYPED = { space: ' ', line: '\n' };

const form = document.getElementById('slip');
const text = document.getElementById('text');
const preview = document.getElementById('preview');
const sending = document.getElementById('sending');

/* --- reading back --- */

let timer = 0;
let asked = 0;

function stale(is) {
  preview.toggleAttribute('data-stale', is);
  for (const button of preview.querySelectorAll('button')) button.disabled = is;
}

async function read() {
  const turn = ++asked;
  try {
    const answer = await fetch(form.dataset.read, { method: 'POST', body: new FormData(form) });
    if (turn !== asked) return;
    if (answer.status === 401) location.assign('/lottery');
    if (!answer.ok) return;
    const part = await answer.text();
    if (turn !== asked) return;
    preview.innerHTML = part;
    stale(false);
  } catch {
    if (turn === asked) timer = setTimeout(read, 2000); // no connection: what is shown stays marked as old
  }
}

function typed() {
  sessionStorage.setItem(KEPT, text.value);
  stale(true);
  clearTimeout(timer);
  timer = setTimeout(read, READS_AFTER_MS);
}

function write(value) {
  text.setRangeText(value, text.selectionStart, text.selectionEnd, 'end');
  typed();
}

function rubOut() {
  if (text.selectionStart === text.selectionEnd && text.selectionStart > 0) text.selectionStart -= 1;
  write('');
}

/* --- keys for thumbs --- */

function keys(pad, names) {
  for (const key of ROWS.flat()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.key = key;
    button.textContent = { back: '⌫', line: '⏎', space: '␣' }[key] ?? key;
    if (names[key]) button.setAttribute('aria-label', names[key]);
    button.addEventListener('pointerdown', (event) => event.preventDefault()); // the caret stays where it is
    button.addEventListener('click', () => (key === 'back' ? rubOut() : write(TYPED[key] ?? key)));
    pad.append(button);
  }
}

function withKeypad() {
  const pad = document.getElementById('keypad');
  const button = document.getElementById('keypad-switch');
  keys(pad, { space: button.dataset.space, line: button.dataset.line, back: button.dataset.back });
  const show = (on) => {
    pad.hidden = !on;
    text.inputMode = on ? 'none' : 'text';
    button.setAttribute('aria-pressed', String(on));
    localStorage.setItem('lottery keypad', on ? '1' : '');
  };
  button.addEventListener('click', () => show(pad.hidden));
  show(localStorage.getItem('lottery keypad') === '1');
}

/* --- handing in --- */

function tell(message) {
  sending.textContent = message;
  sending.hidden = !message;
}

/** Nobody knows whether it was taken: the very same once more, under the same key, when the collector asks for it. */
function unknown(body) {
  tell(form.dataset.unknown);
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'go';
  button.textContent = form.dataset.again;
  button.addEventListener('click', () => send(body));
  sending.append(document.createElement('br'), button);
}

async function send(body) {
  stale(true);
  text.readOnly = true;
  tell(form.dataset.sending);
  let answer;
  try {
    answer = await fetch(form.action, { method: 'POST', body });
  } catch {
    unknown(body);
    return;
  }
  if (answer.status >= 500) {
    unknown(body);
  } else if (answer.redirected) {
    sessionStorage.removeItem(KEPT);
    location.assign(answer.url);
  } else {
    refused(await answer.text());
  }
}

/** The page as the server made it, with what was typed and why it was not taken. */
function refused(page) {
  const made = new DOMParser().parseFromString(page, 'text/html');
  const main = made.getElementById('main');
  if (!made.getElementById('slip')) {
    document.getElementById('main').replaceWith(main); // the phase is over, or the session: what was typed is kept
    return;
  }
  text.readOnly = false;
  tell('');
  form.elements.key.value = made.querySelector('[name=key]').value;
  form.elements.phase.value = made.querySelector('[name=phase]').value;
  preview.innerHTML = made.getElementById('preview').innerHTML;
  document.getElementById('balance').textContent = made.getElementById('balance').textContent;
  stale(false);
  document.querySelector('#main > .reasons')?.remove();
  const reasons = made.querySelector('#main > .reasons');
  if (reasons) form.before(reasons);
  (reasons ?? preview).scrollIntoView({ block: 'center' });
}

if (form) {
  withKeypad();
  const kept = sessionStorage.getItem(KEPT);
  if (!text.value && kept) {
    text.value = kept;
    typed();
  }
  text.addEventListener('input', typed);
  document.getElementById('empty').addEventListener('click', () => {
    text.value = '';
    typed();
    text.focus();
  });
  form.addEventListener('submit', (event) => {
    const step = event.submitter?.value;
    if (step !== 'whole' && step !== 'partial') return;
    event.preventDefault();
    send(new FormData(form, event.submitter));
  });
}
