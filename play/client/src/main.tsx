import './styles/base.css';

import { effect } from './signals';
import { render } from 'preact';

import { App } from './app';
import { start } from './start';
import { door, playing } from './state/session';

void start();
// Until there are texts, the page shows what the server has written into it.
const stop = effect(() => {
  if (!door.value && !playing.value) return;
  queueMicrotask(() => {
    stop();
    render(<App />, document.getElementById('app')!);
  });
});
if (location.protocol === 'https:' || location.hostname.endsWith('localhost')) {
  addEventListener('load', () => void navigator.serviceWorker?.register('/sw.js').catch(() => {}));
}
