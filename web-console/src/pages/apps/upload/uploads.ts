// The uploads of this tab, which go on while the person looks at other pages.
import type { ApolloClient } from '@apollo/client';
import { describeError } from '../../../client/errors';
import { live } from '../../../client/live';
import { summarise, type UserError } from '../../../client/userErrors';
import type { Session } from '../../../session/session';
import { hashFile } from './hashFile';
import { COMPLETE_UPLOAD, CANCEL_UPLOAD, PRESIGN_PARTS, START_UPLOAD, UPLOAD_PROGRESS, type RemoteUpload } from './operations';
import { putPart } from './putPart';
import { transfer } from './transfer';

export type Stage = 'waiting' | 'hashing' | 'sending' | 'processing' | 'ready' | 'failed' | 'cancelled';

export interface Upload {
  readonly key: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly stage: Stage;
  /** 0–100 within the stage. */
  readonly progress: number;
  readonly failure: string | null;
  readonly remote: RemoteUpload | null;
}

class Refused extends Error {}

export class Uploads {
  #uploads: readonly Upload[] = [];
  #listeners = new Set<() => void>();
  #aborts = new Map<string, AbortController>();
  #queue: Promise<void> = Promise.resolve();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly all = (): readonly Upload[] => this.#uploads;

  /** Takes files in; one is brought to the platform after the other, each in parallel parts. */
  add(files: readonly File[], client: ApolloClient, session: Session): void {
    for (const file of files) {
      const key = crypto.getRandomValues(new Uint32Array(2)).join('-');
      this.#uploads = [...this.#uploads, { key, fileName: file.name, sizeBytes: file.size, stage: 'waiting', progress: 0, failure: null, remote: null }];
      const abort = new AbortController();
      this.#aborts.set(key, abort);
      this.#queue = this.#queue.then(() => this.#run(key, file, client, session, abort.signal));
    }
    this.#notify();
  }

  async cancel(key: string, client: ApolloClient): Promise<void> {
    this.#aborts.get(key)?.abort();
    const remote = this.#find(key)?.remote;
    this.#change(key, { stage: 'cancelled' });
    if (remote) await client.mutate({ mutation: CANCEL_UPLOAD, variables: { uploadId: remote.id }, refetchQueries: ['UnfinishedUploads'] });
  }

  dismiss(key: string): void {
    this.#uploads = this.#uploads.filter((upload) => upload.key !== key);
    this.#aborts.delete(key);
    this.#notify();
  }

  async #run(key: string, file: File, client: ApolloClient, session: Session, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted();
      this.#change(key, { stage: 'hashing' });
      const sha256 = await hashFile(file, (bytes) => this.#change(key, { progress: (bytes / file.size) * 100 }), signal);
      const remote = await this.#start(client, file, sha256);
      this.#change(key, { remote, stage: 'sending', progress: 0 });
      if (remote.status === 'UPLOADING') await this.#send(key, file, remote, client, signal);
      signal.throwIfAborted();
      this.#follow(key, remote.id, client, session, signal);
    } catch (error) {
      if (signal.aborted) this.#change(key, { stage: 'cancelled' });
      else this.#change(key, { stage: 'failed', failure: error instanceof Refused ? error.message : describeError(error) });
    }
  }

  async #start(client: ApolloClient, file: File, sha256: string): Promise<RemoteUpload> {
    const { data } = await client.mutate({
      mutation: START_UPLOAD,
      variables: { input: { fileName: file.name, sizeBytes: file.size, sha256 } },
    });
    refuse(data.startApplicationUpload.userErrors);
    const upload = data.startApplicationUpload.upload;
    if (!upload) throw new Error('The platform did not begin the upload.');
    return upload;
  }

  async #send(key: string, file: File, remote: RemoteUpload, client: ApolloClient, signal: AbortSignal): Promise<void> {
    await transfer({
      file,
      partSizeBytes: remote.partSizeBytes,
      parts: remote.parts,
      put: putPart,
      signal,
      onProgress: (bytes) => this.#change(key, { progress: Math.min(100, (bytes / file.size) * 100) }),
      presign: async (partNumbers) => {
        const { data } = await client.mutate({ mutation: PRESIGN_PARTS, variables: { uploadId: remote.id, partNumbers } });
        refuse(data.presignUploadParts.userErrors);
        return new Map(data.presignUploadParts.urls.map(({ number, url }) => [number, url]));
      },
    });
    const { data } = await client.mutate({ mutation: COMPLETE_UPLOAD, variables: { uploadId: remote.id } });
    refuse(data.completeApplicationUpload.userErrors);
  }

  /** Listens until the platform has parsed the package or said why it cannot. */
  #follow(key: string, id: string, client: ApolloClient, session: Session, signal: AbortSignal): void {
    const known = this.#find(key)?.remote;
    this.#change(key, { stage: 'processing', progress: 0 });
    if (known && this.#settle(key, known, client)) return;
    const stop = live(client, session, {
      document: UPLOAD_PROGRESS,
      variables: () => ({ id }),
      next: ({ applicationUploadProgress: upload }) => {
        if (this.#settle(key, upload, client)) stop();
      },
      refused: (error) => this.#change(key, { stage: 'failed', failure: describeError(error) }),
    });
    signal.addEventListener('abort', stop);
  }

  #settle(key: string, remote: RemoteUpload, client: ApolloClient): boolean {
    this.#change(key, { remote, progress: remote.progress });
    if (remote.status === 'READY') this.#change(key, { stage: 'ready', progress: 100 });
    else if (remote.status === 'FAILED') this.#change(key, { stage: 'failed', failure: remote.failure?.message ?? null });
    else if (remote.status === 'CANCELLED') this.#change(key, { stage: 'cancelled' });
    else return false;
    void client.refetchQueries({ include: 'active' });
    return true;
  }

  #find(key: string): Upload | undefined {
    return this.#uploads.find((upload) => upload.key === key);
  }

  #change(key: string, change: Partial<Upload>): void {
    this.#uploads = this.#uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload));
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function refuse(errors: readonly UserError[] | undefined): void {
  if (errors && errors.length > 0) throw new Refused(summarise(errors));
}

export const uploads = new Uploads();
