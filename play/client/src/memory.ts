/** What this tab (`tab`) and this device (`device`) remember. A browser that forbids storage forgets with the page. */

function memory(place: 'sessionStorage' | 'localStorage') {
  const own = new Map<string, string>();
  return {
    read<T>(name: string): T | null {
      try {
        const text = own.get(name) ?? window[place].getItem(name);
        return text === null ? null : (JSON.parse(text) as T);
      } catch {
        return null;
      }
    },

    write(name: string, value: unknown): void {
      const text = JSON.stringify(value);
      try {
        window[place].setItem(name, text);
        own.delete(name);
      } catch {
        own.set(name, text);
      }
    },

    forget(name: string): void {
      own.delete(name);
      try {
        window[place].removeItem(name);
      } catch {
        // It was never kept.
      }
    },
  };
}

export const tab = memory('sessionStorage');
export const device = memory('localStorage');
