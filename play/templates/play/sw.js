/*
 * Keeps what the client is made of, so that it starts at once and on a network that comes and goes. Nothing of a player
 * is kept here: calls of the API are none of its business.
 */
const CACHE = 'keno-{{ build.version }}';
const TEXTS = 'keno-texts';
const FIRST = ['{{ build.script }}'{% for file in build.imports %}, '{{ file }}'{% endfor %}{% for file in build.styles %}, '{{ file }}'{% endfor %}];
const BUILD = '{{ directory }}';

addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FIRST)).then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('keno-') && name !== CACHE && name !== TEXTS);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  // Their names or versions change with what is in them: what is kept is right for ever.
  if (url.pathname.startsWith(BUILD)) event.respondWith(kept(CACHE, request));
  else if (url.pathname.startsWith('/texts/') && url.searchParams.get('v')) event.respondWith(kept(TEXTS, request));
  // The page of the operator and its colours: the newest that can be had. Looks that are only tried are not kept.
  else if ((url.pathname === '/' || url.pathname === '/brand.css') && !url.searchParams.has('{{ preview }}')) {
    event.respondWith(newest(request, url.pathname));
  }
});

async function kept(name, request) {
  const cache = await caches.open(name);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) {
    // An older version of the same texts is of no more use.
    if (name === TEXTS) await cache.delete(request, { ignoreSearch: true });
    await cache.put(request, answer.clone());
  }
  return answer;
}

/** The address with which a page is kept has no query: that of a launch carries a token. */
async function newest(request, path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    const known = await cache.match(path);
    if (known) return known;
    throw error;
  }
}
