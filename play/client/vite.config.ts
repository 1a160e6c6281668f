import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

/** Chrome 95 is the last for Android 5; the others are the first with `<dialog>`. */
const OLDEST = ['chrome95', 'safari15.4', 'firefox98'];

/** What the game needs before it can be played. Everything else comes after it. */
function isFirst(id: string): boolean {
  if (/preact[\\/]hooks/.test(id)) return false;
  if (/node_modules|formats\.json$|preload-helper/.test(id)) return true;
  return /src[\\/](net|state[\\/](?!protection)|game|ui[\\/]basic|\w+\.tsx?)/.test(id) && !/src[\\/](main|dates|ending|host|ethiopic|game[\\/]cards)\./.test(id);
}

/** Style sheets are fetched by hand (`later.ts`), so that no helper of Vite has to come with the game. */
const noPreload: Plugin = {
  name: 'no-preload',
  enforce: 'pre',
  load: (id) => (id.endsWith('vite/preload-helper.js') ? 'export const __vitePreload = (load) => load();' : null),
};

/** The months and days of formats.json apart from the rest of it, for what does not come with the game. */
const days: Plugin = {
  name: 'days',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('formats.json?dates')) return null;
    const { dates, months } = JSON.parse(readFileSync(id.replace('?dates', ''), 'utf8'));
    return { code: `export const dates = ${JSON.stringify(dates)}, months = ${JSON.stringify(months)};`, moduleType: 'js' };
  },
};

/** Beside each file one with gzip and one with brotli: the server sends what the browser takes. */
const compress: Plugin = {
  name: 'compress',
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle).filter((one) => /\.(js|css)$/.test(one))) {
      const body = readFileSync(join(dir!, name));
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
      writeFileSync(join(dir!, `${name}.gz`), gzipSync(body, { level: 9 }));
      writeFileSync(join(dir!, `${name}.br`), brotliCompressSync(body, { params }));
    }
  },
};

export default defineConfig({
  base: '/static/play/build/',
  publicDir: false,
  plugins: [noPreload, days, compress],
  build: {
    outDir: '../static/play/build',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: OLDEST,
    assetsDir: '.',
    assetsInlineLimit: 0,
    // The page names what it needs first; every browser of the list can import the rest itself.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { main: 'src/main.tsx' },
      output: {
        // All that the game itself is made of in one file, and what screens share in another: fewer and better packed.
        codeSplitting: {
          groups: [
            { name: 'game', test: (id: string) => isFirst(id), priority: 2 },
            { name: 'over', test: (id: string) => /preact[\\/]hooks|formats\.json\?dates|src[\\/](ui[\\/]index|more|dates|screens[\\/](index|shared[\\/](parts|resource)))/.test(id), priority: 1 },
          ],
        },
      },
    },
  },
});
