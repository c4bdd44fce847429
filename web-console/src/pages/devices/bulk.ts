// Runs one action over many devices, a few at a time, and tells how each went.
import type { SupportedAction } from '../../device-actions/operations';
import type { ActionTarget, RunDeviceAction } from '../../device-actions/useDeviceAction';

export interface BulkOutcome {
  device: ActionTarget;
  /** Absent when the platform accepted. */
  failure: string | null;
}

const AT_ONCE = 4;

export async function runOnAll(
  devices: readonly ActionTarget[],
  action: SupportedAction,
  run: RunDeviceAction,
  onProgress: (done: number) => void,
): Promise<BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  const waiting = devices.entries();
  let done = 0;
  const worker = async () => {
    for (const [index, device] of waiting) {
      outcomes[index] = { device, failure: await run(device, action) };
      done += 1;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, devices.length) }, worker));
  return outcomes;
}
