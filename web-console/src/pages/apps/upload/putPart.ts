// Sends one part to its signed address; XMLHttpRequest, because fetch cannot tell how much has left.
import { PartRefused, type PutPart } from './transfer';

const STALL_TIMEOUT_MS = 60_000;

export const putPart: PutPart = (url, body, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stall: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(stall);
      stall = setTimeout(() => request.abort(), STALL_TIMEOUT_MS);
    };
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    request.upload.onprogress = (event) => {
      watch();
      onProgress(event.loaded);
    };
    request.onload = () => (request.status < 300 ? resolve() : reject(new PartRefused(request.status)));
    request.onerror = () => reject(new TypeError('Storage cannot be reached.'));
    request.onabort = () => reject(new DOMException('The transfer stopped.', 'AbortError'));
    request.onloadend = () => {
      clearTimeout(stall);
      signal.removeEventListener('abort', abort);
    };
    request.open('PUT', url);
    watch();
    request.send(body);
  });
