/** The same file once more, as a module that does not come with the game. */
declare module '*/formats.json?dates' {
  export const dates: Record<string, string>;
  export const months: Record<string, string[]>;
}
