// Asks the worker for a file's SHA-256.
import type { HashAnswer } from './hash.worker';

export function hashFile(file: File, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<string> {
  const worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<string>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('The upload was cancelled.', 'AbortError')));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      if (data.kind === 'progress') onProgress(data.bytes);
      else if (data.kind === 'done') resolve(data.sha256);
      else reject(new Error(data.message));
    };
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}
