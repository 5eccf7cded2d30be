// The browser's own crypto.subtle is missing on pages that come by plain http from another machine, as to a phone.
export { sha256 } from "@noble/hashes/sha2.js";
export { bytesToHex } from "@noble/hashes/utils.js";
