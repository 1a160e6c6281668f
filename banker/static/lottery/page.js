/* What every page has: the device's time zone for the server, countdowns, and a button that prints. */

const page = document.documentElement;
page.dataset.live = '';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split('; ').includes(`lottery_zone=${zone}`)) {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `lottery_zone=${zone}; Path=/lottery; Max-Age=31536000; SameSite=Lax${secure}`;
}

/** Whole seconds as 2:05 or 1:02:05. */
export function clock(seconds) {
  const two = (number) => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const RELOADS_AFTER_MS = 4000; // a phase is closed by the server a moment after its end
const waiting = [...document.querySelectorAll('[data-until]')];

function count() {
  for (const one of waiting) {
    const left = Math.ceil((Date.parse(one.dataset.until) - Date.now()) / 1000);
    if (left > 0) one.textContent = one.dataset.text.replace('{time}', `\u2068${clock(left)}\u2069`);
    else if (left > -2 && !one.dataset.over) {
      one.dataset.over = '';
      setTimeout(() => location.assign(location.pathname), RELOADS_AFTER_MS);
    }
  }
}

if (waiting.length) {
  count();
  setInterval(count, 1000);
}

/* What is waited for is looked at again, while somebody looks at the page. */
const reloads = document.querySelector('[data-reloads]');
if (reloads) {
  setInterval(() => {
    if (document.visibilityState === 'visible') location.replace(location.href);
  }, Number(reloads.dataset.reloads) * 1000);
}

for (const one of document.querySelectorAll('[data-prints]')) one.addEventListener('click', () => print());

document.querySelector('.sections [aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });

document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
});
