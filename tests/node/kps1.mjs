// Runs the vectors of KPS-1 through the page's own modules: one line of JSON for each, with what came out.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [, , modules, vectors] = process.argv;
const load = (name) => import(new URL(`${name}.js`, modules).href);
const { fromHex, toHex } = await load('bytes');
const { readNetwork } = await load('documents');
const { drawKey, drawNumbers } = await load('draw');
const { verifyBeacon } = await load('beacon');
const { leafHash, verifyInclusion } = await load('merkle');
const messages = await load('messages');
const { beaconRoundFor } = await load('networks');
const { paytableHash, paytableText, rulesHash, rulesText } = await load('rules');
const { commitSeed, deriveSeed } = await load('seeds');
const { verifyDraw } = await load('drawn');

const READERS = {
  COMMIT: messages.readCommit,
  BET: messages.readBet,
  CLOSE: messages.readClose,
  RESULT: messages.readResult,
  EPOCH: messages.readEpoch,
};
const all = JSON.parse(readFileSync(vectors, 'utf8'));
const network = (value) => readNetwork(value);

function report(group, name, expect, got) {
  console.log(JSON.stringify({ group, name, expect, got }));
}

/** The name of the refusal, else what the work gave. */
async function outcome(work) {
  try {
    return (await work()) ?? 'accept';
  } catch (error) {
    return error.name;
  }
}

/** A decoded field as the vectors write it: what may be beyond a number's exactness is a text there. */
function plain(value, expected) {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value !== 'bigint') return value;
  return typeof expected === 'string' ? String(value) : Number(value);
}

const worked = all.worked_round;
const place = { stream: fromHex(worked.stream), roundNumber: worked.round_number };
const seed = await deriveSeed({ epochKey: fromHex(worked.epoch_key), ...place });
report('worked', 'seed', worked.seed, toHex(seed));
report('worked', 'commitment', worked.commitment, toHex(await commitSeed({ ...place, seed })));
const key = await drawKey({
  seed,
  commitLeafHash: fromHex(worked.commit_leaf_hash),
  beaconSignature: fromHex(worked.beacon_signature),
});
report('worked', 'draw key', worked.draw_key, toHex(key));
for (const { key: own, numbers, rejected_bytes } of all.draws) {
  report('draws', own, { numbers, rejected: rejected_bytes }, await drawNumbers(fromHex(own)));
}
for (const { network: name, beacon_round, signature } of all.beacons) {
  const asked = {
    network: network(all.networks[name]),
    beaconRound: BigInt(beacon_round),
    signature: fromHex(signature),
  };
  report('beacons', `${name} ${beacon_round}`, 'accept', await outcome(() => verifyBeacon(asked)));
}
for (const { network: name, close_ms, beacon_round } of all.beacon_rounds) {
  report(
    'beacon_rounds',
    `${name} ${close_ms}`,
    beacon_round,
    Number(beaconRoundFor(network(all.networks[name]), BigInt(close_ms))),
  );
}
for (const { network: name, text, hash } of all.rules) {
  report('rules', name, [text, hash], [rulesText(name), toHex(await rulesHash(text))]);
}
for (const { multipliers, text, hash } of all.paytables) {
  report('paytables', text, [text, hash], [paytableText(multipliers), toHex(await paytableHash(multipliers))]);
}
for (const { type, fields, bytes, leaf_hash } of all.messages) {
  const read = READERS[type](fromHex(bytes));
  const got = Object.fromEntries(Object.keys(fields).map((name) => [name, plain(read[name], fields[name])]));
  report('messages', type, fields, got);
  if (leaf_hash) report('messages', `${type} hash`, leaf_hash, toHex(await leafHash(fromHex(bytes))));
}
for (const { name, type, bytes, expect } of all.malformed) {
  report('malformed', name, expect, await outcome(() => void READERS[type](fromHex(bytes))));
}
for (const { leaf_data, root, paths } of all.trees) {
  for (const [index, path] of paths.entries()) {
    const proof = { index, size: paths.length, path: path.map(fromHex), root: fromHex(root) };
    const hash = await leafHash(fromHex(leaf_data[index]));
    report('trees', `${index} of ${paths.length}`, 'accept', await outcome(() => verifyInclusion({ hash, ...proof })));
    const other = { ...proof, index: (index + 1) % paths.length };
    if (paths.length > 1) {
      const refused = await outcome(() => verifyInclusion({ hash, ...other }));
      report('trees', `${index} as another of ${paths.length}`, 'InclusionProofInvalid', refused);
    }
  }
}
for (const { name, network: own, commit_leaf, seed: revealed, beacon_signature, numbers, expect } of all.rounds) {
  const facts = {
    commit: messages.readCommit(fromHex(commit_leaf)),
    commitHash: await leafHash(fromHex(commit_leaf)),
    network: network(own),
    seed: fromHex(revealed),
    beaconSignature: beacon_signature ? fromHex(beacon_signature) : null,
    numbers,
  };
  report('rounds', name, expect, await outcome(() => verifyDraw(facts)));
}
