/** What the server has written into the page. */

const { dataset } = document.documentElement;

export const operator = dataset.operator ?? '';
/** The origins that may show the client in a frame. */
export const ancestors = (dataset.ancestors ?? '').split(' ').filter(Boolean);
/** The languages that the operator offers, each in its own words. */
export const languages = JSON.parse(dataset.languages ?? '[]') as [code: string, name: string][];
export const logo = dataset.logo ?? '';
export const operatorName = dataset.name ?? '';
/** The operator's own pages, where a session names no other. */
export const home = dataset.home || null;
export const cashier = dataset.cashier || null;
/** The operator's texts for the case that no others can be had. */
export const firstTexts = JSON.parse(dataset.first ?? '{}') as Record<string, string>;
export const minimumAge = Number(dataset.age);
/** The board's order from left to right in every language, or mirrored where the page is. */
export const boardMirrored = dataset.boardOrder === 'mirrored';
/** An installation that shows itself: strangers may play its demo. */
export const isDemoSite = 'demo' in dataset;
