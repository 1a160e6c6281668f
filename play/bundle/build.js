// Makes static/verify/noble.js, which is committed: the platform never needs Node.
// `--check` builds too, and fails when the committed file is not byte for byte what comes out.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { build } from 'esbuild';

const BUNDLE = '../static/verify/noble.js';
const PACKAGES = ['@noble/curves', '@noble/hashes'];

const near = (name) => new URL(name, import.meta.url);
const read = (name) => readFileSync(near(name), 'utf8');

/** Names, versions and licences of what is inside, as the licences ask. */
function notice() {
  const parts = PACKAGES.map((name) => {
    const { version } = JSON.parse(read(`../node_modules/${name}/package.json`));
    return `${name} ${version}\n\n${read(`../node_modules/${name}/LICENSE`).trim()}`;
  });
  return `/*!\nMade by bundle/build.js. Do not edit.\n\n${parts.join('\n\n')}\n*/`;
}

async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: new URL('.', import.meta.url).pathname,
    entryPoints: ['noble.js'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: notice() },
  });
  return outputFiles[0].text;
}

const built = await bundle();
if (!process.argv.includes('--check')) {
  writeFileSync(near(BUNDLE), built);
  console.log('noble.js is built.');
} else if (read(BUNDLE) === built) {
  console.log('noble.js is what the locked packages give, byte for byte.');
} else {
  console.error('noble.js is not what the locked packages give. Run: npm ci && npm run build');
  process.exit(1);
}
