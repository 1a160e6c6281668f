// What goes into the bundle: signatures of beacons, Ed25519 for browsers without it, and the hash of the chain.
export { bls12_381 } from '@noble/curves/bls12-381.js';
export { ed25519 } from '@noble/curves/ed25519.js';
export { keccak_256 } from '@noble/hashes/sha3.js';
