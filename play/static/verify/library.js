/** What the page loads beside itself: the library with the curves that it stands on, and who reads with it. */

export { Folder } from './folder.js';
export { readEvidence } from './kps1/evidence.js';
export { fetchEvidence } from './kps1/rpc.js';
export { examine } from './kps1/verify.js';
