/**
 * The Ethiopic letters that the catalogues use, as a font for devices that have none: `src/ethiopic.woff2`. The client
 * loads it only where its glyph test fails. Letters of texts that staff have set are not in it; those show as elsewhere.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import subset from 'subset-font';

const PROJECT = new URL('../../../', import.meta.url);
const FONT = '@fontsource/noto-sans-ethiopic/files/noto-sans-ethiopic-ethiopic-400-normal.woff2';
const SOURCES = [
  'locale/am/LC_MESSAGES/django.po',
  'locale/ti/LC_MESSAGES/django.po',
  'localization/formats.json',
  'localization/models.py',
];
/** The names of months come from `Intl` and stand in no catalogue. */
const MONTHS_OF_INTL = Array.from({ length: 12 }, (_, month) =>
  new Intl.DateTimeFormat('am', { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.UTC(2026, month, 21)),
);

const texts = SOURCES.map((name) => readFileSync(new URL(name, PROJECT), 'utf8')).concat(MONTHS_OF_INTL);
const letters = [...new Set(texts.join(''))].filter((one) => /\p{Script=Ethiopic}/u.test(one)).sort();
const font = readFileSync(createRequire(import.meta.url).resolve(FONT));
const small = await subset(font, letters.join(''), { targetFormat: 'woff2', noHinting: true });
writeFileSync(new URL('../src/ethiopic.woff2', import.meta.url), small);
console.log(`Ethiopic: ${letters.length} letters, ${small.length} bytes of ${font.length}`);
