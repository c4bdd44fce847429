// An upload sends what is missing, a few parts at a time, and does not give up at the first failure.
import { describe, expect, it, vi } from 'vitest';
import { PartRefused, transfer, type PutPart, type Transfer } from './transfer';

const PART = 4;

function task(change: Partial<Transfer>, parts = 5): Transfer {
  return {
    file: new Blob(['0123456789abcdefXY']),
    partSizeBytes: PART,
    parts: Array.from({ length: parts }, (_, index) => ({ number: index + 1, sizeBytes: index === 4 ? 2 : PART, uploaded: false })),
    presign: (numbers) => Promise.resolve(new Map(numbers.map((number) => [number, `https://storage/${number}`]))),
    put: () => Promise.resolve(),
    onProgress: () => undefined,
    signal: new AbortController().signal,
    pause: () => Promise.resolve(),
    ...change,
  };
}

function textOf(blob: Blob): Promise<string> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(blob);
  });
}

describe('a transfer', () => {
  it('cuts the file into its parts', async () => {
    const sent = new Map<string, string>();
    const put: PutPart = async (url, body) => {
      sent.set(url, await textOf(body));
    };
    await transfer(task({ put }));
    expect(Object.fromEntries(sent)).toEqual({
      'https://storage/1': '0123',
      'https://storage/2': '4567',
      'https://storage/3': '89ab',
      'https://storage/4': 'cdef',
      'https://storage/5': 'XY',
    });
  });

  it('sends only the parts that storage does not have yet', async () => {
    const put = vi.fn<PutPart>(() => Promise.resolve());
    const progress = vi.fn();
    const { parts } = task({});
    await transfer(task({ put, onProgress: progress, parts: parts.map((part) => ({ ...part, uploaded: part.number <= 3 })) }));
    expect(put.mock.calls.map(([url]) => url).sort()).toEqual(['https://storage/4', 'https://storage/5']);
    expect(progress).toHaveBeenLastCalledWith(18);
  });

  it('sends three parts at once and no more', async () => {
    let under = 0;
    let most = 0;
    const put: PutPart = async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setTimeout(resolve, 1));
      under -= 1;
    };
    await transfer(task({ put }));
    expect(most).toBe(3);
  });

  it('tries a part again with a new address when storage refuses the old one', async () => {
    let signed = 0;
    const presign = vi.fn((numbers: number[]) => {
      signed += 1;
      return Promise.resolve(new Map(numbers.map((number) => [number, `https://storage/${number}?signature=${signed}`])));
    });
    const put = vi.fn<PutPart>((url) => (url.includes('/2?signature=1') ? Promise.reject(new PartRefused(403)) : Promise.resolve()));
    await transfer(task({ presign, put }));
    expect(put.mock.calls.map(([url]) => url)).toContain('https://storage/2?signature=2');
  });

  it('gives up after five attempts at one part', async () => {
    const put = vi.fn<PutPart>((url) => (url.endsWith('/3') ? Promise.reject(new PartRefused(500)) : Promise.resolve()));
    await expect(transfer(task({ put }))).rejects.toThrow('status 500');
    expect(put.mock.calls.filter(([url]) => url.endsWith('/3'))).toHaveLength(5);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const put = vi.fn<PutPart>(() => {
      abort.abort();
      return Promise.reject(new DOMException('stopped', 'AbortError'));
    });
    await expect(transfer(task({ put, signal: abort.signal }))).rejects.toThrow();
    expect(put.mock.calls.length).toBeLessThanOrEqual(3);
  });
});
