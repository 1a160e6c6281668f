/*
 * The heat map made live. The server tells which numbers changed; of two things that are known of a number, the one
 * with the higher version counts. After each gap all of them are read again.
 */

const LEVELS = [1, 10, 25, 50, 75, 90, 100];
const BLOCK = 100;
const HIGHEST = 5;
const WAITS_MS = [1000, 15_000];

const map = document.getElementById('heat');
const live = document.getElementById('live');
const start = JSON.parse(document.getElementById('figures').textContent);
const numbers = start.numbers.map(([total, limit, version]) => ({ total, limit, version }));
const shown = new Map();
for (const one of map.querySelectorAll('[data-n]')) {
  shown.set(one.dataset.n, [...(shown.get(one.dataset.n) ?? []), one]);
}

/* --- as the server writes it --- */

/** Minor units for the eye, in the page's language. */
export function money(minor, { before, after, group, point, exponent } = start.money) {
  const sign = minor < 0 ? '-' : '';
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const whole = (exponent ? digits.slice(0, -exponent) : digits).replace(/\B(?=(\d{3})+$)/g, group);
  return `${before}${sign}${whole}${exponent ? point + digits.slice(-exponent) : ''}${after}`;
}

function percentOf({ total, limit }, top) {
  const whole = top || limit;
  return whole ? Math.floor((total * 100) / whole) : total ? 100 : 0;
}

function levelOf(one, top) {
  if (!one.limit) return 'x';
  const percent = percentOf(one, top);
  return String(one.total ? Math.max(LEVELS.filter((least) => percent >= least).length, 1) : 0);
}

/* --- showing --- */

const changed = new Set();
let painting = 0;

function paintNumber(at, top, flash) {
  const one = numbers[at];
  const name = String(at).padStart(3, '0');
  const amount = money(one.total);
  const label = start.label.replace('{number}', name).replace('{amount}', amount);
  for (const cell of shown.get(name) ?? []) {
    cell.dataset.heat = levelOf(one, top);
    if (cell.tagName !== 'A') continue;
    cell.lastElementChild.textContent = `${percentOf(one, top)}%`;
    cell.setAttribute('aria-label', label.replace('{room}', money(Math.max(one.limit - one.total, 0))));
    if (flash) cell.dataset.moved = '';
  }
}

function paint(all) {
  painting = 0;
  const top = start.by === 'top' ? Math.max(...numbers.map((one) => one.total)) : 0;
  const some = all || top ? numbers.keys() : changed;
  for (const at of some) paintNumber(at, top, changed.has(at));
  for (const one of map.querySelectorAll('[data-block]')) {
    const from = Number(one.dataset.block) * BLOCK;
    const part = numbers.slice(from, from + BLOCK);
    one.textContent = `${Math.max(...part.map((number) => percentOf(number, top)))}%`;
  }
  document.getElementById('staked').textContent = money(numbers.reduce((sum, one) => sum + one.total, 0));
  paintHighest();
  changed.clear();
}

function paintHighest() {
  const body = document.getElementById('highest');
  const hot = [...numbers.keys()].filter((at) => numbers[at].total);
  hot.sort((one, other) => numbers[other].total - numbers[one].total || one - other);
  body.replaceChildren(...hot.slice(0, HIGHEST).map((at) => row(at, body.dataset.path)));
}

function row(at, path) {
  const { total } = numbers[at];
  const name = String(at).padStart(3, '0');
  const link = Object.assign(document.createElement('a'), { href: path + name, textContent: name, dir: 'ltr' });
  const percent = Object.assign(document.createElement('span'), { textContent: `${percentOf(numbers[at], 0)}%`, dir: 'ltr' });
  const line = document.createElement('tr');
  for (const one of [link, money(total), money(total * start.multiplier), percent]) line.insertCell().append(one);
  return line;
}

function later() {
  painting ||= requestAnimationFrame(() => paint(false));
}

map.addEventListener('animationend', (event) => event.target.removeAttribute('data-moved'));

/* --- listening --- */

function update(frame) {
  if (frame.phase_id !== start.phase_id) return;
  if (frame.type === 'phase_changed') {
    if (frame.status !== start.status) location.reload();
    else readAll();
  }
  if (frame.type !== 'risk_update') return;
  for (const one of frame.numbers) {
    const at = Number(one.number);
    if (one.version <= numbers[at].version) continue;
    numbers[at].total = Number(one.total.replace('.', ''));
    numbers[at].version = one.version;
    changed.add(at);
  }
  later();
}

/** Everything, as it stands: limits too, which the frames do not have. */
async function readAll() {
  const answer = await fetch(map.dataset.figures);
  if (!answer.ok) throw new Error(`figures: ${answer.status}`);
  const all = await answer.json();
  if (all.status !== start.status) location.reload();
  for (const [at, [total, limit, version]] of all.numbers.entries()) {
    numbers[at].limit = limit;
    if (version > numbers[at].version) Object.assign(numbers[at], { total, version });
  }
  paint(true);
}

function tell(isLive) {
  live.hidden = false;
  live.dataset.state = isLive ? 'live' : 'lost';
  live.textContent = isLive ? live.dataset.live : live.dataset.lost;
}

let failures = 0;

function again() {
  tell(false);
  const [least, most] = WAITS_MS;
  const wait = Math.min(least * 2 ** failures++, most);
  setTimeout(listen, wait * (0.5 + Math.random() / 2));
}

async function listen() {
  let ticket;
  try {
    const answer = await fetch('/lottery/live');
    if (answer.status === 401) {
      location.reload();
      return;
    }
    ({ ticket } = await answer.json());
  } catch {
    again();
    return;
  }
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/v1/banker`);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token: ticket }));
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type !== 'ready') return update(frame);
    failures = 0;
    return readAll().then(() => tell(true), () => socket.close());
  };
  socket.onclose = again;
}

if (start.status === 'open') listen();
