// Brings a file's missing parts to storage: a few at a time, each tried again before the whole gives up.

export interface Part {
  number: number;
  sizeBytes: number;
  uploaded: boolean;
}

export interface Transfer {
  file: Blob;
  partSizeBytes: number;
  parts: readonly Part[];
  /** Signed addresses for parts; they are asked for again when storage calls one expired. */
  presign: (numbers: number[]) => Promise<ReadonlyMap<number, string>>;
  put: PutPart;
  onProgress: (bytesStored: number) => void;
  signal: AbortSignal;
  /** How long to wait before a further attempt. */
  pause?: (attempt: number) => Promise<void>;
}

export type PutPart = (url: string, body: Blob, onProgress: (bytes: number) => void, signal: AbortSignal) => Promise<void>;

export class PartRefused extends Error {
  constructor(readonly status: number) {
    super(`Storage answered with status ${status}.`);
  }
}

const AT_ONCE = 3;
const ATTEMPTS = 5;
/** Addresses are signed for this many parts at once, to spare round trips. */
const PRESIGN_AHEAD = 12;

export async function transfer(task: Transfer): Promise<void> {
  const stored = new Map(task.parts.filter((part) => part.uploaded).map((part) => [part.number, part.sizeBytes]));
  const missing = task.parts.filter((part) => !part.uploaded).map((part) => part.number);
  const addresses = new AddressBook(missing, task.presign);
  const report = (number: number, bytes: number) => {
    stored.set(number, bytes);
    task.onProgress([...stored.values()].reduce((sum, one) => sum + one, 0));
  };

  const waiting = missing.values();
  const worker = async () => {
    for (const number of waiting) await bringPart(task, number, addresses, report);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function bringPart(task: Transfer, number: number, addresses: AddressBook, report: (number: number, bytes: number) => void): Promise<void> {
  const start = (number - 1) * task.partSizeBytes;
  const body = task.file.slice(start, Math.min(start + task.partSizeBytes, task.file.size));
  for (let attempt = 1; ; attempt += 1) {
    task.signal.throwIfAborted();
    try {
      await task.put(await addresses.of(number), body, (bytes) => report(number, bytes), task.signal);
      report(number, body.size);
      return;
    } catch (error) {
      report(number, 0);
      if (task.signal.aborted || attempt >= ATTEMPTS) throw error;
      addresses.forget(number);
      await (task.pause ?? pauseBefore)(attempt);
    }
  }
}

class AddressBook {
  #known = new Map<number, string>();
  #asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly missing: readonly number[],
    private readonly presign: Transfer['presign'],
  ) {}

  async of(number: number): Promise<string> {
    // One question at a time: three workers that start together share one answer.
    const ask = async () => {
      if (this.#known.has(number)) return;
      const from = this.missing.indexOf(number);
      const wanted = this.missing.slice(from, from + PRESIGN_AHEAD).filter((one) => !this.#known.has(one));
      for (const [one, url] of await this.presign(wanted)) this.#known.set(one, url);
    };
    const asked = this.#asking.then(ask);
    this.#asking = asked.catch(() => undefined);
    await asked;
    const url = this.#known.get(number);
    if (url === undefined) throw new Error(`The platform gave no address for part ${number}.`);
    return url;
  }

  forget(number: number): void {
    this.#known.delete(number);
  }
}

function pauseBefore(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
}
