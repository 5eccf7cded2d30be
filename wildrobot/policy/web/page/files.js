// The files of this page: each from its own folder, unpacked, and as it was exported.

import { bytesToHex, sha256 } from "./vendor/sha256.js";

const FOLDER = new URL(".", import.meta.url).href;
const REMEDY = "export the page again and copy its whole folder";

/** What is wrong with a file, in a sentence for the reader of the page. */
export class FileProblem extends Error {}

export class Files {
  /** @param {(bytes: number) => void} onBytes told of the bytes as they come in */
  static async open(onBytes) {
    const files = new Files();
    files.onBytes = onBytes;
    files.sums = JSON.parse(text(await files.#fetched("checksums.json")));
    return files;
  }

  async json(path) {
    return JSON.parse(await this.text(path));
  }

  async text(path) {
    return text(await this.bytes(path));
  }

  /** The content of a file that checksums.json lists; of a .gz file, what was packed. */
  async bytes(path) {
    let content = await this.#fetched(path);
    // A server may have unpacked it already.
    if (path.endsWith(".gz") && content[0] === 0x1f && content[1] === 0x8b) content = await unpacked(content, path);
    if (this.sums[path] === undefined) throw new FileProblem(`${path} is not in checksums.json; ${REMEDY}.`);
    if (bytesToHex(sha256(content)) !== this.sums[path]) {
      throw new FileProblem(`${path} is not as it was exported (its checksum differs); ${REMEDY}.`);
    }
    return content;
  }

  async #fetched(path) {
    const url = FOLDER + path.split("/").map(encodeURIComponent).join("/");
    if (new URL(url).href !== url) throw new FileProblem(`${path} lies outside of this page's folder; ${REMEDY}.`);
    const response = await fetch(url).catch(() => null);
    if (!response) throw new FileProblem(`${path} cannot be fetched: is the server still running? Then reload.`);
    if (!response.ok) throw new FileProblem(`${path} is missing (${response.status}); ${REMEDY}.`);
    const parts = [];
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      this.onBytes(value.length);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }
}

async function unpacked(content, path) {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new FileProblem(`${path} cannot be unpacked; ${REMEDY}.`);
  }
}

const text = (bytes) => new TextDecoder().decode(bytes);
