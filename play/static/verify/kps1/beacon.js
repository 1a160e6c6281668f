/**
 * Beacon signatures of drand's scheme `bls-unchained-g1-rfc9380`: points of BLS12-381, signatures in G1 (48 bytes),
 * public keys in G2 (96 bytes), both compressed; the message is the hash of the round's number in 8 bytes.
 */

import { bls12_381 } from '../noble.js';
import { uint } from './bytes.js';
import { refuse } from './errors.js';
import { sha256 } from './hashing.js';

const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';
const COMPRESSED = 0x80;
const INFINITY = 0x40;
const INVALID = 'BeaconSignatureInvalid';

/** Check that this is the network's value of this beacon round. */
export async function verifyBeacon({ network, beaconRound, signature }) {
  requirePoint(signature, 48, 'the beacon signature');
  requirePoint(network.public_key, 96, 'the public key of the network');
  if (beaconRound < 1n) refuse(INVALID, `there is no beacon round ${beaconRound}`);
  const { Signature, hash, verify } = bls12_381.shortSignatures;
  const message = hash(await sha256(uint(beaconRound, 8)), DST);
  let key, point;
  try {
    [point, key] = [Signature.fromBytes(signature), bls12_381.G2.Point.fromBytes(network.public_key)];
    point.assertValidity();
    key.assertValidity();
  } catch (error) {
    refuse(INVALID, `not points of the curve’s groups: ${error.message}`);
  }
  if (!verify(point, message, key)) refuse(INVALID, `not the signature of ${network.name} on its round ${beaconRound}`);
}

/** Refuse a wrong length, and the point at infinity: as a key, it would verify itself as a signature. */
function requirePoint(encoded, length, what) {
  if (encoded.length !== length) refuse(INVALID, `${what} must have ${length} bytes, not ${encoded.length}`);
  if (!(encoded[0] & COMPRESSED) || encoded[0] & INFINITY) refuse(INVALID, `${what} is no compressed point`);
}
