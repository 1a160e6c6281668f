/** In a frame: the way to tell the operator's page around this one. Alone: nothing is told, and nothing is fetched. */

import { listen } from './events';
import type { Host } from './host';
import { ancestors } from './page';

export function embed(): void {
  if (window.parent === window) return;
  let host: Host | null = null;
  const early: Parameters<Host['tell']>[] = [];
  listen((type, subject) => {
    if (host) host.tell(type, subject);
    else early.push([type, subject]);
  });
  void import('./host').then((module) => {
    host = new module.Host(ancestors, module.hears);
    for (const [type, subject] of early.splice(0)) host.tell(type, subject);
  });
}
