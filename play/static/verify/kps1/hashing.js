/** The two primitives of KPS-1, written H and M in the protocol, by the browser's own cryptography. */

export const DIGEST_BYTES = 32;

/** SHA-256, 32 bytes. */
export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data));
}

/** HMAC-SHA256, 32 bytes. */
export async function hmacSha256(key, message) {
  const usable = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', usable, message));
}
