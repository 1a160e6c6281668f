/** What can be wrong with a message, a proof or a draw. The name says which check failed, alike in every language. */

export class FairnessError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

/** Refuse, by name. */
export function refuse(name, message) {
  throw new FairnessError(name, message);
}
