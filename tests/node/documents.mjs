// Runs the vectors of whole documents through the page's own modules: one line of JSON for each, with what came out.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [, , modules, vectors] = process.argv;
const load = (name) => import(new URL(`${name}.js`, modules).href);
const { fromHex, fromUuid, toHex } = await load('bytes');
const { readBetDocument, readRound } = await load('documents');
const { byLibrary, verifyEd25519 } = await load('ed25519');
const { readSaved } = await load('evidence');
const { sha256 } = await load('hashing');
const { readJson } = await load('json');
const { CHECKS, examine } = await load('verify');
const { keccak_256 } = await load('../noble');

const all = readJson(readFileSync(vectors, 'utf8'));

function report(group, name, expect, got) {
  console.log(JSON.stringify({ group, name, expect, got }));
}

function changed(value, changes) {
  const copy = structuredClone(value);
  let whole = copy;
  for (const { path, remove, value: put } of changes) {
    const last = path.at(-1);
    if (last === undefined) {
      whole = put;
      continue;
    }
    const holder = path.slice(0, -1).reduce((inner, step) => inner[step], whole);
    if (!remove) holder[last] = put;
    else if (Array.isArray(holder)) holder.splice(last, 1);
    else delete holder[last];
  }
  return whole;
}

function partsOf(test) {
  const part = (of, value) =>
    changed(
      value,
      test.changes.filter((change) => change.of === of),
    );
  return {
    document: part('document', all.documents[test.document]),
    bet: test.bet ? part('bet', all.bets[test.bet]) : null,
    evidence: part('evidence', all.evidence),
  };
}

function savedChain(evidence) {
  const saved = readSaved(JSON.stringify(evidence));
  return (anchor) => saved.get(anchor.transaction) ?? null;
}

function knowledgeOf(test, evidence) {
  const { asked, saved_close: kept } = test;
  return {
    nowMs: test.now_ms,
    asked: {
      roundId: asked.round_id,
      game: asked.game,
      betId: asked.bet_id && fromUuid(asked.bet_id),
      paytableId: asked.paytable_id,
      countersigners: asked.countersigned_by.map(fromUuid),
    },
    keys: all.trusted.keys.map(fromHex),
    contract: { contract: all.trusted.contract.toLowerCase(), chain_id: all.trusted.chain_id },
    chain: test.chain ? savedChain(evidence) : null,
    close: kept && { message: fromHex(kept.message), signature: fromHex(kept.signature), keyId: fromHex(kept.key_id) },
    receipt: test.receipt && fromHex(test.receipt),
    allowSignedOnly: test.allow_signed_only,
    withoutBls: test.without_bls,
    strict: test.strict,
  };
}

/** The outcome of every check, or the first error and its check: as the vectors say it. */
async function verdictOf({ document, bet, known }) {
  const outcomes = {};
  try {
    const read = { document: readRound(JSON.stringify(document)), bet: bet && readBetDocument(JSON.stringify(bet)) };
    for await (const { id, state, error } of examine({ ...read, known })) {
      if (state === 'failed') return { expect: error.name, check: id };
      outcomes[id] = state;
    }
  } catch (error) {
    return { expect: error.name, check: CHECKS[0][0] };
  }
  return { expect: 'accept', outcomes };
}

function toldIn({ expect, check, outcomes }) {
  return expect === 'accept' ? { expect, outcomes } : { expect, check };
}

for (const { input, hash } of all.keccak_256) report('keccak', input, hash, toHex(keccak_256(fromHex(input))));
for (const { name, public_key, message, signature, valid } of all.ed25519) {
  const [publicKey, data, signed] = [public_key, message, signature].map(fromHex);
  const got = await verifyEd25519({ publicKey, message: data, signature: signed }).then(
    () => true,
    () => false,
  );
  report('ed25519', name, valid, got);
}
// The library's arithmetic takes the browser's place only where that has none: it must say the same.
for (const name of ['genuine', "another message's"]) {
  const one = all.ed25519.find((each) => each.name === name);
  const [publicKey, message, signature] = [one.public_key, one.message, one.signature].map(fromHex);
  report('ed25519', `${name}, by the library`, one.valid, await byLibrary(publicKey, message, signature));
}
const { of, sha256: expected } = all.signed_bytes.document;
report('signed bytes', of, expected, toHex(await sha256(readRound(JSON.stringify(all.documents[of])).signedBytes)));

const cases = Object.fromEntries(all.cases.map((test) => [test.name, test]));
for (const test of all.cases) {
  const { document, bet, evidence } = partsOf(test);
  report('cases', test.name, toldIn(test), await verdictOf({ document, bet, known: knowledgeOf(test, evidence) }));
}
for (const mutation of all.mutations) {
  const test = { ...cases[mutation.case], changes: mutation.changes };
  const { document, bet, evidence } = partsOf(test);
  const got = await verdictOf({ document, bet, known: knowledgeOf(test, evidence) });
  report('mutations', mutation.name, toldIn(mutation), got.expect === 'accept' ? got : toldIn(got));
}
// What only a whole day shows is for the command line; each of its documents is examined here by itself.
for (const day of all.days) {
  const told = day.check && day.check !== 'day' ? { expect: day.expect, check: day.check } : { expect: 'accept' };
  let got = { expect: 'accept' };
  for (const line of day.lines) {
    const document = changed(all.documents[line.document], line.changes);
    const test = { now_ms: day.now_ms, asked: { countersigned_by: [] }, chain: true };
    const { expect, check } = await verdictOf({ document, bet: null, known: knowledgeOf(test, all.evidence) });
    got = expect === 'accept' ? got : { expect, check };
    if (check) break;
  }
  report('days', day.name, told, got);
}
