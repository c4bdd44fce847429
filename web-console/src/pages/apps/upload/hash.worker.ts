// Computes a file's SHA-256 off the main thread, chunk by chunk, so that size costs no memory.
import { createSHA256 } from 'hash-wasm';

export type HashAnswer = { kind: 'progress'; bytes: number } | { kind: 'done'; sha256: string } | { kind: 'failed'; message: string };

declare const self: DedicatedWorkerGlobalScope;

const REPORT_EVERY_BYTES = 8 * 1024 * 1024;

async function hash(file: Blob): Promise<string> {
  const hasher = await createSHA256();
  const reader = file.stream().getReader();
  let bytes = 0;
  let reported = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hasher.digest('hex');
    hasher.update(value);
    bytes += value.byteLength;
    if (bytes - reported >= REPORT_EVERY_BYTES) {
      reported = bytes;
      self.postMessage({ kind: 'progress', bytes } satisfies HashAnswer);
    }
  }
}

self.onmessage = (event: MessageEvent<Blob>) => {
  hash(event.data).then(
    (sha256) => self.postMessage({ kind: 'done', sha256 } satisfies HashAnswer),
    (error: unknown) => self.postMessage({ kind: 'failed', message: error instanceof Error ? error.message : String(error) } satisfies HashAnswer),
  );
};
