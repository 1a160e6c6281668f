/** Parts of the page that come after the game itself. */

import { signal } from './signals';
import type { ComponentType } from 'preact';

export interface Later {
  /** The component, once it is here; null until then. */
  readonly view: ComponentType | null;
  /** Fetch it, unless it is here or on its way. One that did not come is asked for again the next time. */
  fetch(): void;
}

/** Fetch a style sheet and put it on the page. Throws when it does not come. */
export function style(url: string): Promise<unknown> {
  return new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url, onload, onerror }));
  });
}

/** `ready` of the module: what has to be here besides, before the component is shown. */
export function later(load: () => Promise<{ default: ComponentType; ready?: Promise<unknown> }>): Later {
  const loaded = signal<ComponentType | null>(null);
  let asked = false;
  return {
    get view() {
      return loaded.value;
    },
    fetch() {
      if (asked) return;
      asked = true;
      load()
        .then(async (module) => {
          await module.ready;
          loaded.value = module.default;
        })
        .catch(() => (asked = false));
    },
  };
}
