// Which devices the wall shows.
import type { FleetDevice } from '../../fleet/subscription';
import type { DeviceState } from '../../graphql/generated/graphql';

export interface WallFilter {
  state: DeviceState | null;
  tags: readonly string[];
  search: string;
}

export const NO_FILTER: WallFilter = { state: null, tags: [], search: '' };

/** State and tags must all hold; the words searched for may be in the name, the owner, a tag or an app. */
export function matches(filter: WallFilter, device: FleetDevice): boolean {
  if (filter.state !== null && device.state !== filter.state) return false;
  if (!filter.tags.every((tag) => device.tags.includes(tag))) return false;
  if (filter.search === '') return true;
  const text = [device.name, device.owner?.displayName ?? '', ...device.tags, ...(device.installedApps ?? []).map((app) => app.label)].join('\n').toLowerCase();
  return filter.search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
