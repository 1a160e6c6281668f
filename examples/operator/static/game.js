// Listens to the game in the frame. Its messages are hints for this page: the balance itself is asked of our own server.

const frame = document.getElementById('game');
const list = document.getElementById('events');
const count = document.getElementById('count');
const shown = document.getElementById('shown-balance');
const { origin } = frame.dataset;

addEventListener('message', ({ source, origin: from, data }) => {
  if (source !== frame.contentWindow || from !== origin || data?.source !== 'keno') return;
  const { source: _, version: __, type, ...facts } = data;
  note(type, facts);
  if (type === 'resized') frame.style.height = `${facts.height}px`;
  if (type === 'balance' || type === 'bet.settled') readBalance();
  if (type === 'session.expired') location.reload(); // a new visit opens a new session
  if (type === 'open' && new URL(facts.url).origin === location.origin) {
    say('open.handled'); // one of our own pages: without this word the game would go there itself
    location.assign(facts.url);
  }
});

// With more than one allowed host page the game waits for a word from its own.
frame.addEventListener('load', () => say('hello'));

// Only now: what the game tells first must not come before somebody listens.
frame.src = frame.dataset.launch;

function say(type) {
  frame.contentWindow.postMessage({ target: 'keno', type }, origin);
}

function note(type, facts) {
  const line = document.createElement('li');
  line.textContent = `${new Date().toISOString().slice(11, 23)} ${type} ${JSON.stringify(facts)}`;
  list.prepend(line);
  while (list.children.length > 100) list.lastChild.remove();
  count.textContent = Number(count.textContent) + 1;
}

async function readBalance() {
  const answer = await fetch('/balance.json');
  if (answer.ok) shown.textContent = (await answer.json()).text;
}
