/** What this tab remembers: nothing where the browser forbids it. */

export const memory = {
  read: (name) => attempt((kept) => JSON.parse(kept.getItem(name))),
  write: (name, value) =>
    attempt((kept) => (value === null ? kept.removeItem(name) : kept.setItem(name, JSON.stringify(value)))),
};

function attempt(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
